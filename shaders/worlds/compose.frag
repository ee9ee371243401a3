#version 330 core
#include "common.glsl"
#include "sky.glsl"
#include "shadow.glsl"
// Light times albedo, creases, water, air; weighted so that bright samples do not sparkle.
uniform sampler2D u_shape;
uniform sampler2D u_color;
uniform sampler2D u_light;
uniform sampler2D u_clouds;
uniform sampler2D u_mirror;
uniform sampler3D u_fbm;
uniform vec2 u_size_px;
uniform vec2 u_jitter_px;
uniform vec3 u_eye;
uniform float u_pass;
uniform float u_fog_density;
uniform float u_fog_height_m;
uniform vec3 u_fog_tint;
uniform float u_shafts;
uniform float u_shaft_reach_m;
uniform float u_mirror_height_m;  // below -1e8: none
uniform float u_ripple;
uniform vec3 u_water_tint;
uniform bool u_indoor;
uniform float u_exposure;
uniform float u_raw;  // 1: no weights (the mirror image)
layout(location = 0) out vec4 f_sum;

vec3 sky_full(vec3 d) {
    vec3 c = sky_gradient(d) + night_lights(d, u_fbm) + aurora_light(d, u_fbm, hash13(vec3(gl_FragCoord.xy, u_pass + 5.0)));
    float s = dot(d, u_sun_direction);
    c += u_sun * (u_moon > 0.0 ? 0.0 : 14.0) * smoothstep(0.99985, 0.99993, s);
    if (u_moon > 0.0) {
        float disk = smoothstep(0.99982, 0.99986, s);
        c = mix(c, vec3(1.0, 0.97, 0.9) * u_moon * (0.7 + 0.5 * texture(u_fbm, d * 6.0).a), disk);
    }
    vec4 cloud = textureLod(u_clouds, uv_from_direction(d), 0.0);
    return c * cloud.a + cloud.rgb;
}

// A moon or planet: its light adds to that of the air before it, as by day; its dark side is sky.
vec3 body_in_sky(vec3 d, vec3 color) {
    float bright = dot(u_sun * 0.13 + (u_zenith + u_horizon) * 0.5, vec3(0.2126, 0.7152, 0.0722));
    float haze = u_fog_density * u_fog_height_m / max(d.y, 0.12);
    vec4 cloud = textureLod(u_clouds, uv_from_direction(d), 0.0);
    float veil = 1.0 - 0.4 * clamp(max(color.r, max(color.g, color.b)), 0.0, 1.0);  // or it pales by day
    color *= bright * exp(-haze) * mix(cloud.a, 1.0, 0.3);  // never wholly behind the clouds
    return sky_gradient(d) * cloud.a * veil + color + cloud.rgb;
}

vec3 point_at(vec2 px) {  // relative to the eye
    vec2 q = vec2(mod(px.x, u_size_px.x), clamp(px.y, 0.5, u_size_px.y - 0.5));
    float r = texelFetch(u_shape, ivec2(q), 0).x;
    return direction_from_uv((q + u_jitter_px) / u_size_px) * (r > 0.0 ? r : 1e6);
}

float creases(vec3 p, vec3 n, float r) {
    float reach = clamp(0.05 * r, 0.12, 3.0);
    float radius_px = clamp(reach / r * u_size_px.y / PI, 2.0, u_size_px.y * 0.06);
    float turn = 6.2832 * hash13(vec3(gl_FragCoord.xy, u_pass));
    float latitude = cos((0.5 - gl_FragCoord.y / u_size_px.y) * PI);
    float sum = 0.0;
    for (int i = 0; i < 8; i++) {
        float a = turn + 2.39996 * float(i), s = radius_px * sqrt((float(i) + 0.5) / 8.0);
        vec2 px = gl_FragCoord.xy + s * vec2(cos(a) / max(latitude, 0.08), sin(a));
        vec3 v = point_at(px) - p;
        float l = length(v) + 1e-5;
        sum += clamp(dot(n, v) / l - 0.12, 0.0, 1.0) * clamp(1.6 - l / reach, 0.0, 1.0);
    }
    return clamp(1.0 - 1.5 * sum / 8.0, 0.0, 1.0);
}

vec3 wave_normal(vec3 p, float r) {
    float k = u_ripple;
    vec2 g = vec2(0.0);
    g += texture(u_fbm, vec3(p.xz / 19.0, 0.11)).rg * 0.7;
    g += texture(u_fbm, vec3(p.xz / vec2(6.1, 7.3), 0.37)).rg;
    float near = 1.0 / (1.0 + r * 0.05);
    g += texture(u_fbm, vec3(p.xz / 2.3, 0.73)).rg * 0.6 * near;
    vec3 h = hash33(vec3(gl_FragCoord.xy, u_pass)) - 0.5;
    g += h.xy * 2.0 * (1.0 - near);
    return normalize(vec3(-g.x * k, 1.0, -g.y * k));
}

vec3 mirrored(vec3 r) {
    // Just above the horizon the mirror image ends: below lies what the water cuts off.
    float low = u_indoor ? 0.002 : max(0.016, 14.0 / float(textureSize(u_mirror, 0).x));
    r = normalize(vec3(r.x, max(r.y, low), r.z));
    vec4 sum = textureLod(u_mirror, uv_from_direction(r), 0.0);
    return sum.rgb / max(sum.a, 1e-4);
}

void main() {
    vec3 d = direction_from_uv((gl_FragCoord.xy + u_jitter_px) / u_size_px);
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec4 shape = texelFetch(u_shape, at, 0);
    float r = shape.x > 0.0 ? shape.x : 1e5;
    vec3 c;
    if (shape.x <= 0.0) {
        c = sky_full(d);
    } else if (r > HEAVEN_M) {
        c = body_in_sky(d, texelFetch(u_color, at, 0).rgb);
    } else {
        vec4 color = texelFetch(u_color, at, 0), light = texelFetch(u_light, at, 0);
        vec3 n = unpack_normal(shape.y), facet = unpack_normal(shape.z), p = d * r;
        int kind = int(shape.w + 0.5);
        float crease = kind == 7 ? 1.0 : creases(p, facet, r);
        if (kind == 7) c = color.rgb;
        else c = color.rgb * light.rgb * mix(crease, 1.0, kind == 1 ? 0.6 : 0.0);
        vec3 h = normalize(u_sun_direction - d);
        if (kind == 11) {
            vec3 w = wave_normal(u_eye + p, r);
            vec3 ray = reflect(d, w);
            float f = 0.02 + 0.98 * pow(1.0 - clamp(-dot(d, w), 0.0, 1.0), 5.0);
            float depth = max(color.a, 0.0) / max(-d.y, 0.12);
            vec3 pass = exp(-depth * vec3(1.1, 0.42, 0.36));
            vec3 body = mix(u_water_tint * (light.rgb + 0.05), color.rgb * light.rgb, pass);
            c = mix(body, mirrored(ray), f);
            float glint = pow(max(dot(ray, u_sun_direction), 0.0), 900.0) * light.a;
            c += u_sun * min(glint * 6.0, 6.0) * f;
        } else if (kind == 8) {
            vec3 w = normalize(n + 0.004 * (hash33(vec3(gl_FragCoord.xy, u_pass + 3.0)) - 0.5));
            float f = color.a * (0.06 + 0.94 * pow(1.0 - clamp(-dot(d, w), 0.0, 1.0), 4.0));
            if (abs(u_eye.y + p.y - u_mirror_height_m) < 0.03) c = mix(c, mirrored(reflect(d, w)), f);
        } else if (kind == 9) {
            float s = pow(max(dot(n, h), 0.0), 60.0) * light.a;
            c += color.rgb * u_sun * s * 2.0;
            vec3 ray = reflect(d, n);
            c += color.rgb * 0.45 * crease * (u_indoor ? light.rgb * (0.4 + 0.8 * pow(0.5 + 0.5 * ray.y, 2.0)) : sky_gradient(ray));
        } else if (kind == 6) {
            vec3 cell = floor((u_eye + p) * 160.0);
            vec3 k = hash33(cell);
            float near = clamp(1.0 - r / 9.0, 0.0, 1.0);
            float spark = step(0.988, k.x) * pow(max(dot(normalize(k - 0.5), h), 0.0), 10.0) * near;
            c += light.rgb * spark * 2.0;
        } else if (kind == 1 || kind == 13) {
            float rim = pow(1.0 - abs(dot(d, n)), 4.0);
            c += light.rgb * color.rgb * rim * 0.5;
        }
    }
    if (u_fog_density > 0.0 && shape.x > 0.0 && r <= HEAVEN_M) {
        float k = clamp(r * d.y / u_fog_height_m, -8.0, 30.0);
        float tau = u_fog_density * r * (abs(k) < 1e-3 ? 1.0 : (1.0 - exp(-k)) / k);
        vec3 keep = exp(-tau * vec3(0.78, 1.0, 1.28));
        vec3 air = sky_broad(normalize(vec3(d.x, 0.035, d.z) + 1e-6)) * u_fog_tint;
        c = mix(air, c, keep);
    }
    if (u_shafts > 0.0) {
        float far = min(r, u_shaft_reach_m), sum = 0.0;
        float t0 = hash13(vec3(gl_FragCoord.xy, u_pass + 11.0));
        for (int i = 0; i < 12; i++) {
            float t = far * (float(i) + t0) / 12.0;
            sum += sun_seen(u_eye + d * t, vec3(0.0)) * exp(-t / u_shaft_reach_m);
        }
        float s = dot(d, u_sun_direction);
        float phase = 0.35 + 0.35 * s * s + 1.1 * pow(max(s, 0.0), 6.0);
        c += u_sun * u_shafts * phase * sum * far / 12.0 / u_shaft_reach_m;
    }
    c = clamp(c, 0.0, 60.0);
    float weight = u_raw > 0.5 ? 1.0 : 1.0 / (1.0 + u_exposure * max(c.r, max(c.g, c.b)));
    f_sum = vec4(c * weight, weight);
}
