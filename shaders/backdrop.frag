#version 330 core
// The picture at infinity: behind the cracks that thousands of rims can leave between each other.

#include "lib/equirect.glsl"

uniform sampler2D u_color;
uniform mat4 u_world_from_clip;
uniform vec4 u_rectangle_px;   // left, bottom, width, height

out vec4 f_color;

void main() {
    vec2 ndc = (gl_FragCoord.xy - u_rectangle_px.xy) / u_rectangle_px.zw * 2.0 - 1.0;
    vec4 far = u_world_from_clip * vec4(ndc, 1.0, 1.0);
    f_color = vec4(textureLod(u_color, uv_from_direction(far.xyz), 0.0).rgb, 1.0);
}
