#version 330 core
// One vertex of the UV sphere, moved along its ray by its depth.
//
// Positions are homogeneous: (direction, 1/r) is the same point as (r * direction, 1), but finite for
// a sky at infinity, and linear across a plane.

#include "lib/equirect.glsl"
#include "lib/displacement.glsl"

uniform mat4 u_clip_from_world;
uniform vec2 u_uv_from_grid;   // 1 / (columns, rows)
uniform float u_push_back;     // factor on disparity: 1, or a little less for the layer behind

in uvec2 a_grid;               // column, row of the sphere's grid
in float a_depth;              // [0, 1], 1 = nearest

out vec4 v_point;              // homogeneous world position

void main() {
    vec3 direction = direction_from_uv(vec2(a_grid) * u_uv_from_grid);
    v_point = vec4(direction, disparity_from_depth(a_depth) * u_push_back);
    gl_Position = u_clip_from_world * v_point;
    gl_Position.z *= 0.999999;  // a sky at infinity stays before the backdrop
}
