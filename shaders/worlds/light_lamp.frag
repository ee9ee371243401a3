#version 330 core
#include "common.glsl"
uniform sampler2D u_shape;
uniform vec2 u_size_px;
uniform vec2 u_jitter_px;
uniform vec3 u_eye;
uniform sampler2DShadow u_shadow;  // 3 x 2 cube atlas
uniform vec3 u_lamp;               // metres
uniform vec3 u_lamp_color;
uniform bool u_shadowed;
layout(location = 0) out vec4 f_light;

void main() {
    vec4 shape = texelFetch(u_shape, ivec2(gl_FragCoord.xy), 0);
    f_light = vec4(0.0);
    if (shape.x <= 0.0) return;
    vec3 d = direction_from_uv((gl_FragCoord.xy + u_jitter_px) / u_size_px);
    vec3 n = unpack_normal(shape.y), facet = unpack_normal(shape.z);
    vec3 p = u_eye + d * shape.x, to = u_lamp - p;
    float r2 = dot(to, to);
    vec3 l = to * inversesqrt(r2);
    float cosine = dot(n, l);
    float lit = shape.w == 1.0 ? clamp((cosine + 0.5) / 1.5, 0.0, 1.0) : shape.w == 6.0 ? clamp((cosine + 0.15) / 1.15, 0.0, 1.0) : max(cosine, 0.0);
    vec3 light = u_lamp_color * lit / (r2 + 0.02);
    if (max(light.r, max(light.g, light.b)) < 0.0005) return;
    if (u_shadowed) {
        vec3 q = p + facet * (0.004 + 0.006 * sqrt(r2)) - u_lamp;
        int face = face_from_direction(q);
        vec3 f, r, u;
        face_basis(face, f, r, u);
        float w = dot(q, f);
        vec2 uv = (clamp(face_uv(face, q), 0.002, 0.998) + vec2(face % 3, face / 3)) / vec2(3, 2);
        light *= texture(u_shadow, vec3(uv, 1.0 - 0.06 / w));
    }
    f_light = vec4(light, 0.0);
}
