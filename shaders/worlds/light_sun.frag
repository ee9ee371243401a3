#version 330 core
#include "common.glsl"
#include "shadow.glsl"
uniform sampler2D u_shape;
uniform sampler2D u_color;
uniform vec2 u_size_px;
uniform vec2 u_jitter_px;
uniform vec3 u_eye;
uniform vec3 u_sun_direction;
uniform vec3 u_sun;
layout(location = 0) out vec4 f_light;  // rgb: light per unit albedo; a: sun seen

void main() {
    vec4 shape = texelFetch(u_shape, ivec2(gl_FragCoord.xy), 0);
    f_light = vec4(0.0);
    if (shape.x <= 0.0) return;
    vec3 d = direction_from_uv((gl_FragCoord.xy + u_jitter_px) / u_size_px);
    vec3 n = unpack_normal(shape.y), facet = unpack_normal(shape.z);
    vec3 p = u_eye + d * shape.x;
    int kind = int(shape.w + 0.5);
    float cosine = dot(n, u_sun_direction);
    float lit = max(cosine, 0.0);
    vec3 through = vec3(0.0);
    if (kind == 1) {
        float leaf = texelFetch(u_color, ivec2(gl_FragCoord.xy), 0).a;
        lit = clamp((cosine + 0.45) / 1.45, 0.0, 1.0) * (1.0 - 0.35 * leaf);
        through = leaf * vec3(1.25, 1.15, 0.45) * (0.35 + 1.1 * pow(clamp(dot(d, u_sun_direction), 0.0, 1.0), 3.0)) * clamp(0.65 - 0.5 * cosine, 0.0, 1.0);
    } else if (kind == 6) lit = clamp((cosine + 0.18) / 1.18, 0.0, 1.0);
    else lit *= smoothstep(-0.02, 0.12, dot(facet, u_sun_direction));
    if (lit + through.r <= 0.0) return;
    float seen = sun_seen(p, kind == 1 ? u_sun_direction : facet);
    f_light = vec4((lit + through) * u_sun * seen, seen);
}
