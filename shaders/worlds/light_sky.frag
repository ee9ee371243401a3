#version 330 core
#include "common.glsl"
#include "sky.glsl"
// Four directions of the sky at once, each with a near and a far shadow map (4 x 2 atlas).
uniform sampler2D u_shape;
uniform vec2 u_size_px;
uniform vec2 u_jitter_px;
uniform vec3 u_eye;
uniform sampler2DShadow u_shadow;
uniform mat4 u_shadow_from_world[8];
uniform float u_extent_m[2];
uniform float u_side_px;   // of one map
uniform vec3 u_direction[4];
uniform vec3 u_room[3];    // light from above, the sides, below (indoors)
uniform bool u_indoor;
uniform vec3 u_ground;
uniform float u_gain;      // 2 / directions outdoors, 4 / directions indoors
layout(location = 0) out vec4 f_light;

vec3 light_from(vec3 d) {
    if (!u_indoor) return sky_gradient(d);
    return d.y > 0.0 ? mix(u_room[1], u_room[0], d.y) : mix(u_room[1], u_room[2], -d.y);
}

float seen_from(int i, vec3 p, vec3 facet) {
    for (int j = 0; j < 2; j++) {
        float texel = 2.0 * u_extent_m[j] / u_side_px;
        vec3 q = (u_shadow_from_world[i * 2 + j] * vec4(p + facet * texel * 1.6, 1.0)).xyz;
        if (max(abs(q.x), abs(q.y)) < 0.98) {
            vec2 uv = (q.xy * 0.5 + 0.5 + vec2(i, j)) * vec2(0.25, 0.5);
            return texture(u_shadow, vec3(uv, q.z * 0.5 + 0.5));
        }
    }
    return 1.0;
}

void main() {
    vec4 shape = texelFetch(u_shape, ivec2(gl_FragCoord.xy), 0);
    f_light = vec4(0.0);
    if (shape.x <= 0.0) return;
    vec3 d = direction_from_uv((gl_FragCoord.xy + u_jitter_px) / u_size_px);
    vec3 n = unpack_normal(shape.y), facet = unpack_normal(shape.z);
    vec3 p = u_eye + d * shape.x;
    bool leafy = shape.w == 1.0;
    vec3 sum = vec3(0.0);
    for (int i = 0; i < 4; i++) {
        float cosine = dot(n, u_direction[i]);
        float lit = leafy ? clamp((cosine + 0.5) / 1.5, 0.0, 1.0) : max(cosine, 0.0);
        float seen = seen_from(i, p, leafy ? u_direction[i] : facet);
        sum += lit * seen * light_from(u_direction[i]);
        if (!u_indoor) sum += u_ground * (0.5 - 0.5 * n.y) * (0.25 + 0.75 * seen);
    }
    f_light = vec4(sum * u_gain, 0.0);
}
