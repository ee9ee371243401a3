#version 330 core
// What the lenses hide, at the near plane: nothing is drawn behind it.

in vec2 a_place;  // [0, 1] of the eye's picture, v up

void main() {
    gl_Position = vec4(a_place * 2.0 - 1.0, -1.0, 1.0);
}
