#version 330 core
#include "common.glsl"
#include "instance.glsl"
uniform int u_face;          // -1: parallel light through u_clip_from_world; else a cube face
uniform mat4 u_clip_from_world;
uniform vec3 u_eye;

void main() {
    vec3 p = world_position();
    if (u_face < 0) {
        gl_Position = u_clip_from_world * vec4(p, 1.0);
    } else {
        vec3 f, r, u, q = p - u_eye;
        face_basis(u_face, f, r, u);
        float w = dot(q, f);
        gl_Position = vec4(dot(q, r), dot(q, u), w - 2.0 * 0.06, w);
    }
}
