#version 330 core
#include "common.glsl"
// Cube atlas -> equirectangular G-buffer: nearest surface, its exact distance, fine detail.
uniform sampler2D u_shape;
uniform sampler2D u_color;
uniform sampler2D u_texture;
uniform sampler3D u_fbm;
uniform sampler3D u_cells;
uniform int u_face_px;
uniform vec2 u_size_px;
uniform vec2 u_jitter_px;
uniform mat3 u_cube_from_world;
uniform vec3 u_eye;
layout(location = 0) out vec4 f_shape;  // distance (0: sky), normal, facet normal, material
layout(location = 1) out vec4 f_color;
layout(location = 2) out float f_distance;  // along the pixel's central ray

float bump_lod(float period_m, float footprint_m) { return max(log2(footprint_m * 128.0 / period_m), 0.0); }

vec3 tilt(vec3 n, vec3 g, float k) { return normalize(n - k * (g - n * dot(g, n))); }

void main() {
    vec3 center = direction_from_uv(gl_FragCoord.xy / u_size_px);
    vec3 d = direction_from_uv((gl_FragCoord.xy + u_jitter_px) / u_size_px);
    vec3 q = u_cube_from_world * d;
    int face = face_from_direction(q);
    vec2 uv = clamp(face_uv(face, q), 0.0, 0.999999);
    ivec2 cell = ivec2(uv * float(u_face_px));
    ivec2 at = ivec2(face % 3, face / 3) * u_face_px + cell;
    vec4 shape = texelFetch(u_shape, at, 0);
    f_shape = vec4(0.0);
    f_color = vec4(0.0);
    f_distance = 0.0;
    if (shape.x <= 0.0) return;

    // The texel's own ray differs a little from ours: slide along the facet's plane.
    vec3 f, r, u;
    face_basis(face, f, r, u);
    vec2 c = (vec2(cell) + 0.5) / float(u_face_px) * 2.0 - 1.0;
    vec3 ray = transpose(u_cube_from_world) * normalize(f + c.x * r + c.y * u);
    vec3 facet = unpack_normal(shape.z);
    float plane = dot(facet, ray) * shape.x;
    float there = clamp(plane / min(dot(facet, d), -1e-4), shape.x * 0.93, shape.x * 1.07);
    f_distance = clamp(plane / min(dot(facet, center), -1e-4), shape.x * 0.9, shape.x * 1.1);
    if (shape.x > HEAVEN_M) f_distance = 0.0;  // moons and planets are sky

    vec4 color = texelFetch(u_color, at, 0);
    vec3 s = texelFetch(u_texture, at, 0).xyz + (d * there - ray * shape.x);
    vec3 n = unpack_normal(shape.y);
    int kind = int(shape.w + 0.5);
    float footprint = there * PI / u_size_px.y / clamp(-dot(facet, d), 0.12, 1.0);
#define NOISE(P, O) textureLod(u_fbm, s / P + O, bump_lod(P, footprint))
#define CELLS(P, O) textureLod(u_cells, s / P + O, max(log2(footprint * 96.0 / P), 0.0))
    if (kind == 4 || kind == 13) {  // earth, grass floor, moss
        vec4 a = NOISE(9.0, 0.0), b = NOISE(1.9, 0.3), e = NOISE(0.37, 0.6);
        float k = kind == 13 ? 1.3 : 1.0;
        color.rgb *= 1.0 + 0.9 * (a.a - 0.5) + 0.9 * (b.a - 0.5) + 0.9 * k * (e.a - 0.5);
        color.rgb *= mix(vec3(1.0), vec3(1.18, 1.02, 0.72), clamp((NOISE(5.3, 0.15).a - 0.45) * 1.6, 0.0, 1.0));
        n = tilt(n, a.rgb, 0.08);
        n = tilt(n, b.rgb, 0.16);
        n = tilt(n, e.rgb, 0.26 * k);
        vec4 g = NOISE(0.085, 0.8);
        color.rgb *= 1.0 + 1.1 * (g.a - 0.5);
        n = tilt(n, g.rgb, 0.30);
    } else if (kind == 3 || kind == 12) {  // rock, dressed stone
        float far_scale = clamp(shape.x / 60.0, 1.0, 40.0);  // mountains need larger grain
        float p = exp2(floor(log2(far_scale) + 0.5));
        vec4 a = NOISE((4.1 * p), 0.1), b = NOISE((1.1 * p), 0.4), e = NOISE(0.23 * p, 0.7);
        vec4 w = CELLS((1.7 * p), 0.2);
        float crack = smoothstep(0.0, 0.12, w.g);
        float rough = kind == 3 ? 1.0 : 0.45;
        color.rgb *= 1.0 + rough * (0.8 * (a.a - 0.5) + 0.9 * (b.a - 0.5) + 0.7 * (e.a - 0.5));
        color.rgb *= mix(1.0, 0.55 + 0.45 * crack, 0.5 * rough);
        color.rgb *= mix(vec3(1.0), vec3(1.12, 1.0, 0.84), clamp((a.a - 0.5) * 2.5, 0.0, 1.0));
        if (kind == 3 && color.a > 0.0) {  // lichen and moss on top
            float m = smoothstep(0.15, 0.65, n.y * 0.7 + (b.a - 0.5) * 2.2 + (e.a - 0.5)) * color.a;
            color.rgb = mix(color.rgb, vec3(0.055, 0.085, 0.016) * (0.7 + e.a), m);
        }
        n = tilt(n, a.rgb, 0.16 * rough);
        n = tilt(n, b.rgb, 0.26 * rough);
        n = tilt(n, e.rgb, 0.22 * rough);
    } else if (kind == 2) {  // bark: long ridges
        vec3 keep = s;
        s *= vec3(1.0, 0.16, 1.0);
        vec4 a = NOISE(0.9, 0.0), b = NOISE(0.31, 0.4);
        s = keep;
        vec4 e = NOISE(2.7, 0.2);
        float ridge = abs(a.a - 0.5) * 4.0;
        color.rgb *= clamp(0.35 + 0.75 * ridge + 0.8 * (b.a - 0.5), 0.15, 1.5);
        if (color.a > 0.0) {
            float m = smoothstep(0.42, 0.6, e.a * 0.75 + n.y * 0.25 + 0.22 * color.a) * color.a;
            color.rgb = mix(color.rgb, vec3(0.075, 0.12, 0.018) * (0.5 + b.a), m);
        }
        n = tilt(n, a.rgb, 0.30);
        n = tilt(n, b.rgb, 0.25);
        vec4 g = NOISE(0.11, 0.6);
        color.rgb *= 1.0 + 0.9 * (g.a - 0.5);
        n = tilt(n, g.rgb, 0.30);
    } else if (kind == 5) {  // wood: grain along the texture's squeezed axis
        vec4 a = NOISE(0.55, 0.0), b = NOISE(0.12, 0.5);
        float ring = 0.5 + 0.5 * sin((a.a * 9.0 + b.a * 1.2) * 6.2832 * 0.8);
        float fine = clamp(1.0 - bump_lod(0.55, footprint) * 0.25, 0.0, 1.0);
        color.rgb *= 0.82 + fine * 0.28 * (ring - 0.35) + 0.7 * (b.a - 0.5) + 0.5 * (a.a - 0.5);
        n = tilt(n, b.rgb, 0.10);
    } else if (kind == 6) {  // snow: soft drifts, sparkle
        vec4 a = NOISE(7.0, 0.0), b = NOISE(0.9, 0.3), e = NOISE(0.16, 0.6);
        color.rgb *= 1.0 + 0.10 * (a.a - 0.5) + 0.08 * (b.a - 0.5);
        n = tilt(n, a.rgb, 0.03);
        n = tilt(n, b.rgb, 0.05);
        n = tilt(n, e.rgb, 0.09);
    } else if (kind == 10) {  // cloth
        vec4 a = NOISE(1.3, 0.0), e = NOISE(0.09, 0.4);
        color.rgb *= 1.0 + 0.35 * (a.a - 0.5) + 0.55 * (e.a - 0.5);
        n = tilt(n, e.rgb, 0.12);
    } else if (kind == 8) {  // polished stone: veins
        vec4 a = NOISE(1.7, 0.0), b = NOISE(0.5, 0.4);
        float vein = 1.0 - smoothstep(0.0, 0.05, abs(a.a * 0.7 + b.a * 0.3 - 0.5));
        color.rgb *= (1.0 + 0.5 * (a.a - 0.5)) * (1.0 - 0.18 * vein);
    } else if (kind == 0 || kind == 9) {
        vec4 a = NOISE(1.7, 0.0), b = NOISE(0.4, 0.4);
        color.rgb *= 1.0 + 0.22 * (a.a - 0.5) + 0.18 * (b.a - 0.5);
    } else if (kind == 1) {
        vec4 a = NOISE(2.3, 0.0);
        color.rgb *= 1.0 + 0.7 * (a.a - 0.5);
    }
    f_shape = vec4(there, pack_normal(n), shape.z, shape.w);
    f_color = vec4(max(color.rgb, 0.0), color.a);
}
