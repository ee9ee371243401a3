#version 330 core
#include "common.glsl"
#include "sky.glsl"
// Clouds marched once per world: rgb is light towards the eye, a is how much sky shines through.
uniform sampler3D u_fbm;
uniform sampler3D u_cells;
uniform vec2 u_size_px;
uniform float u_cover;
uniform float u_cirrus;
uniform float u_seed;
uniform int u_steps;
layout(location = 0) out vec4 f_cloud;

const float BASE = 1400.0, TOP = 2700.0, RADIUS = 900000.0;

float shell(vec3 d, float height) {  // distance to a sphere around a small earth below the eye
    float b = RADIUS * d.y;
    return -b + sqrt(b * b + 2.0 * RADIUS * height + height * height);
}

float cloud_density(vec3 p, bool fine) {
    float h = (length(p + vec3(0, RADIUS, 0)) - RADIUS - BASE) / (TOP - BASE);
    if (h < 0.0 || h > 1.0) return 0.0;
    vec3 q = p + u_seed * vec3(7919.0, 0.0, 3571.0);
    float field = texture(u_cells, q / 21000.0).a * 0.55 + texture(u_cells, q / 9300.0 + 0.37).r * 0.45;
    float shape = texture(u_cells, q / 5200.0).r * 0.62 + texture(u_cells, q / 3900.0 + 0.1).b * 0.38;
    float cover = clamp(u_cover + (field - 0.5) * 0.9, 0.0, 1.0);
    float profile = smoothstep(0.0, 0.12, h) * (1.0 - smoothstep(0.25 + 0.5 * cover, 1.0, h));
    float d = shape * profile - (1.0 - cover) * 0.78;
    if (d <= 0.0 || !fine) return max(d, 0.0) * 3.0;
    float detail = texture(u_cells, q / 1250.0).b * 0.6 + texture(u_fbm, q / 2100.0).a * 0.4;
    return clamp((d - (1.0 - detail) * 0.17) * 3.4, 0.0, 1.0);
}

void main() {
    vec3 d = direction_from_uv(gl_FragCoord.xy / u_size_px);
    f_cloud = vec4(0, 0, 0, 1);
    if (d.y < 0.0) d.y = 0.0005, d = normalize(d);
    float cosine = dot(d, u_sun_direction);
    float phase = mix(0.55 + 0.25 * cosine, 2.6 / pow(1.72 - 1.68 * cosine + 0.35, 1.5), 0.42);
    vec3 light = vec3(0.0);
    float through = 1.0;
    float t0 = shell(d, BASE), t1 = min(shell(d, TOP), t0 + 26000.0);
    float step_m = (t1 - t0) / float(u_steps);
    vec3 above = sky_gradient(vec3(0, 1, 0)), side = sky_broad(normalize(vec3(d.x, 0.12, d.z)));
    if (u_cover > 0.0 && t0 < 60000.0) {
        float t = t0 + step_m * hash13(vec3(gl_FragCoord.xy, 3.0));
        for (int i = 0; i < u_steps && through > 0.01; i++, t += step_m) {
            vec3 p = d * t;
            float rho = cloud_density(p, true);
            if (rho <= 0.001) continue;
            float shade = 0.0;
            for (int j = 1; j <= 5; j++) shade += cloud_density(p + u_sun_direction * (float(j * j) * 26.0), j < 3) * float(2 * j - 1);
            float tau = shade * 26.0 * 0.011;
            float h = clamp((length(p + vec3(0, RADIUS, 0)) - RADIUS - BASE) / (TOP - BASE), 0.0, 1.0);
            vec3 sun = u_sun * phase * (exp(-tau) + 0.28 * exp(-0.22 * tau)) * (1.0 - 0.6 * exp(-rho * 6.0));
            vec3 glow = mix(side * 0.62, above * 1.1, 0.35 + 0.65 * h) * (0.55 + 0.45 * h);
            float part = 1.0 - exp(-rho * step_m * 0.014);
            light += through * part * (sun * 0.62 + glow);
            through *= 1.0 - part;
        }
        float fade = exp(-t0 / 24000.0);  // far clouds sink into the haze
        light = mix(sky_broad(normalize(vec3(d.x, max(d.y, 0.02), d.z))) * (1.0 - through), light, fade);
    }
    if (u_cirrus > 0.0) {
        vec2 p = d.xz / (d.y + 0.12);
        vec2 q = vec2(dot(p, vec2(0.91, 0.42)) * 0.12, dot(p, vec2(-0.42, 0.91)) * 0.33) + u_seed;
        float n = texture(u_fbm, vec3(q * 0.30, 0.4)).a * 0.65 + texture(u_fbm, vec3(q * 1.3, 0.8)).a * 0.35;
        float a = u_cirrus * smoothstep(0.47, 0.85, n) * smoothstep(0.03, 0.25, d.y);
        vec3 c = mix(side, above, 0.3) * 0.9 + u_sun * (0.20 + 0.5 * pow(max(cosine, 0.0), 6.0));
        light += through * a * c;
        through *= 1.0 - a;
    }
    f_cloud = vec4(light, through);
}
