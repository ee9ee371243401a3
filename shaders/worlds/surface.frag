#version 330 core
#include "common.glsl"
uniform float u_above;  // metres relative to the eye; what is lower is cut off (mirror pass)
in vec3 v_relative;
in vec3 v_normal;
in vec3 v_texture;
in vec4 v_color;
flat in float v_material;
layout(location = 0) out vec4 f_shape;  // distance, packed normal, packed facet normal, material
layout(location = 1) out vec4 f_color;
layout(location = 2) out vec4 f_texture;

void main() {
    if (v_relative.y < u_above) discard;
    vec3 facet = normalize(cross(dFdx(v_relative), dFdy(v_relative)));
    if (dot(facet, v_relative) > 0.0) facet = -facet;
    vec3 normal = normalize(v_normal);
    bool leafy = v_material == 1.0;
    if (!leafy && dot(normal, facet) < 0.0) normal = -normal;
    f_shape = vec4(length(v_relative), pack_normal(normal), pack_normal(facet), v_material);
    f_color = v_color;
    f_texture = vec4(v_texture, 0.0);
}
