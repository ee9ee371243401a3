# make run    set up, then open the app (without a display: make a world, render it to out/)
# make test   set up, then run all tests
# make lint   style, import contracts, types, shell scripts
# make bench  the renderer's figures: quality and speed ratios
# make pictures  render the README's pictures of the bundled world anew
# make clean  remove everything that was made here

bin := $(or $(DEPTHFUSION_VENV),.venv)/bin

# One process a core; all tests of windows in one of them, since there is one display.
side_by_side := -n logical --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

.PHONY: run test lint bench pictures clean

run:
	@.ci/setup run
	@.ci/start

test:
	@.ci/setup test
	.ci/with-display $(bin)/python -m pytest $(side_by_side) $(TESTS)

lint:
	@.ci/setup test
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/lint-imports
	$(bin)/mypy
	$(bin)/shellcheck .ci/setup .ci/start .ci/with-display .ci/run .ci/try-wheel

bench:
	@.ci/setup test
	.ci/with-display $(bin)/python -m bench

pictures: worlds := resources/worlds
pictures: render := $(bin)/depthfusion render --size 800x450
pictures:
	@.ci/setup run
	$(render) $(worlds)/northern-lights.jpg -o docs/images/northern-lights.jpg
	$(render) $(worlds)/old-forest.jpg -o docs/images/old-forest.jpg
	$(render) $(worlds)/great-library.jpg -o docs/images/great-library.jpg
	$(render) -o docs/images/aside.jpg --yaw-deg -8 --position-m 0.3,0.1,-0.2
	$(render) -o docs/images/mesh.png --shading wireframe
	$(render) -o docs/images/anaglyph.jpg --stereo anaglyph

clean:
	rm -rf .venv out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
