/* IVRCompositor: the beat of the display, poses, what was submitted, how frames went. */
#include "runtime.h"

#include <math.h>
#include <string.h>

enum { NO_FOCUS = 101, NOT_SCENE = 103, OUT_OF_RANGE = 107, ALREADY = 108 };

static void setTrackingSpace(int32_t universe)
{
    log_line("tracking-space %s", universe == SEATED ? "seated" : "standing");
    state.universe = universe;
}

static int32_t getTrackingSpace(void) { return state.universe; }

static Pose head_pose(void)
{
    Pose pose = {.result = state.tracked ? 200 : 201, .is_valid = state.tracked};
    pose.is_connected = state.connected[HMD];
    if (!state.tracked) return pose;
    float head[6];
    memcpy(head, state.head, sizeof head);
    head[0] += state.sway_m * sinf(6.2831853f * (float)state.frame / 90);
    pose.device_to_tracking = matrix_from_pose(head);
    if (state.universe == SEATED)
        pose.device_to_tracking =
            multiply(inverse(matrix_from_pose(state.seated_zero)), pose.device_to_tracking);
    return pose;
}

/* Notes how the frame went that the next WaitGetPoses ends. */
static void end_frame(uint32_t dropped)
{
    if (!state.frame) return;
    double begin_s = state.poses_s;
    state.last = (Timing){.index = state.frame, .presents = 1 + dropped, .system_s = begin_s};
    state.last.total_gpu_ms = state.gpu_ms;
    state.last.client_interval_ms = (float)(1e3 * (now_s() - begin_s));
    state.last.frame_ready_ms = (float)(1e3 * (state.ready_s - begin_s));
}

/* Waits for the display's beat; returns how many beats passed while nobody asked for one. */
static uint32_t wait_for_vsync(void)
{
    uint32_t missed = 0;
    double period_s = 1 / state.hz, next_s = state.vsync_s + period_s;
    if (!state.paces) return 0;
    if (!state.frame) next_s = now_s();
    else if (now_s() > next_s) missed = (uint32_t)ceil((now_s() - next_s) / period_s);
    next_s += missed * period_s;
    sleep_until_s(next_s);
    state.vsync_s = next_s;
    return missed;
}

static int32_t waitGetPoses(Pose *render, uint32_t renders, Pose *game, uint32_t games)
{
    come_to("wait");
    if (state.traces) log_line("wait");
    if (!state.is_scene) return NOT_SCENE;
    uint32_t dropped = wait_for_vsync() + state.dropped_next;
    state.dropped_next = 0;
    end_frame(dropped);
    run_script(++state.frame);
    state.submitted[LEFT] = state.submitted[RIGHT] = false;
    if (state.wait_error) return state.wait_error;
    if (!state.has_focus) return NO_FOCUS;
    Pose pose = head_pose();
    memset(render, 0, renders * sizeof *render);
    if (renders) render[HMD] = pose;
    for (uint32_t i = 0; i < games; i++) game[i] = i ? (Pose){0} : pose;
    state.poses_s = state.ready_s = now_s();
    return 0;
}

static int32_t submit(int32_t eye, const Texture *texture, const Bounds *bounds, uint32_t flags)
{
    come_to("submit");
    if (state.traces)
        log_line("submit %s bounds %g %g %g %g color %d flags %u", eye == LEFT ? "left" : "right",
                 (double)bounds->u_min, (double)bounds->v_min, (double)bounds->u_max,
                 (double)bounds->v_max, texture->color_space, flags);
    if (!state.is_scene) return NOT_SCENE;
    if (!state.frame || !state.has_focus) return NO_FOCUS;
    if (eye != LEFT && eye != RIGHT) return OUT_OF_RANGE;
    if (state.submitted[eye]) return ALREADY;
    int error = state.submit_error ? state.submit_error : take_picture(eye, texture, bounds, flags);
    misbehave();
    if (error) return error;
    state.submitted[eye] = true;
    state.ready_s = now_s();
    return 0;
}

static void postPresentHandoff(void)
{
    if (state.traces) log_line("handoff");
}

/* As the real one: it fills only a struct of the size that it knows. */
static bool getFrameTiming(Timing *timing, uint32_t ago)
{
    (void)ago;
    if (timing->size != (uint32_t)state.timing_size || !state.last.index) return false;
    *timing = state.last;
    timing->size = (uint32_t)state.timing_size;
    return true;
}

static float getFrameTimeRemaining(void) { return 1 / state.hz; }
static bool canRenderScene(void) { return state.has_focus; }

#define COMPOSITOR(DO, NOT) \
    DO(setTrackingSpace) DO(getTrackingSpace) DO(waitGetPoses) NOT(getLastPoses) \
    NOT(getLastPoseForTrackedDeviceIndex) NOT(getSubmitTexture) DO(submit) \
    NOT(submitWithArrayIndex) NOT(clearLastSubmittedFrame) DO(postPresentHandoff) \
    DO(getFrameTiming) NOT(getFrameTimings) DO(getFrameTimeRemaining) NOT(getCumulativeStats) \
    NOT(fadeToColor) NOT(getCurrentFadeColor) NOT(fadeGrid) NOT(getCurrentGridAlpha) \
    NOT(setSkyboxOverride) NOT(clearSkyboxOverride) NOT(compositorBringToFront) \
    NOT(compositorGoToBack) NOT(compositorQuit) NOT(isFullscreen) \
    NOT(getCurrentSceneFocusProcess) NOT(getLastFrameRenderer) DO(canRenderScene) \
    NOT(showMirrorWindow) NOT(hideMirrorWindow) NOT(isMirrorWindowVisible) \
    NOT(compositorDumpImages) NOT(shouldAppRenderWithLowResources) \
    NOT(forceInterleavedReprojectionOn) NOT(forceReconnectProcess) NOT(suspendRendering) \
    NOT(getMirrorTextureD3D11) NOT(releaseMirrorTextureD3D11) NOT(getMirrorTextureGL) \
    NOT(releaseSharedGLTexture) NOT(lockGLSharedTextureForAccess) \
    NOT(unlockGLSharedTextureForAccess) NOT(getVulkanInstanceExtensionsRequired) \
    NOT(getVulkanDeviceExtensionsRequired) NOT(setExplicitTimingMode) \
    NOT(submitExplicitTimingData) NOT(isMotionSmoothingEnabled) \
    NOT(isMotionSmoothingSupported) NOT(isCurrentSceneFocusAppLoading) \
    NOT(setStageOverride_Async) NOT(clearStageOverride) NOT(getCompositorBenchmarkResults) \
    NOT(getLastPosePredictionIDs) NOT(getPosesForFrame)
COMPOSITOR(NOTHING, STUB)
const Slot compositor_slots[] = {COMPOSITOR(SLOT, SLOT)};
const int compositor_count = COUNT(compositor_slots);
