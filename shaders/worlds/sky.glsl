// The sky as a function of direction only, so the wrap has no seam.
uniform vec3 u_sun_direction;  // towards the light
uniform vec3 u_sun;
uniform vec3 u_zenith;
uniform vec3 u_horizon;
uniform vec3 u_glow;
uniform float u_stars;
uniform float u_aurora;
uniform float u_moon;

// Without the glow close around the sun: the colour of air and haze towards d. (With it, whatever
// looks up a level direction shows a pillar of light at the sun's azimuth.)
vec3 sky_broad(vec3 d) {
    float y = max(d.y, 0.0);
    float toward = pow(max(0.5 + 0.5 * dot(normalize(d.xz + 1e-5), normalize(u_sun_direction.xz + 1e-5)), 0.0), 2.5);
    float low = exp(-5.5 * y);
    vec3 warm = mix(u_horizon, u_glow * 0.9, 0.55 * toward * exp(-7.0 * y));
    vec3 c = mix(u_zenith, warm, clamp(low * 0.9 + 0.13 * exp(-1.8 * y), 0.0, 1.0));
    float s = max(dot(d, u_sun_direction), 0.0);
    return c + u_glow * 0.13 * pow(s, 5.0);
}

vec3 sky_gradient(vec3 d) {
    float s = max(dot(d, u_sun_direction), 0.0);
    return sky_broad(d) + u_glow * (0.25 * pow(s, 40.0) + 0.5 * pow(s, 400.0));
}

vec3 star_layer(vec3 d, float cells, float density, float gain) {
    vec3 q = d * cells, cell = floor(q), sum = vec3(0.0);
    vec3 h = hash33(cell + 7.0);
    if (h.x > density) return sum;
    vec3 at = cell + 0.25 + 0.5 * hash33(cell + 19.0);
    float sharp = 9.0 + 40.0 * h.y;
    vec3 tint = mix(vec3(1.0, 0.8, 0.6), vec3(0.7, 0.82, 1.0), h.z);
    vec3 off = q - at;
    return tint * gain * (0.15 + h.y * h.y * h.y * 2.2) * exp(-dot(off, off) * sharp);
}

vec3 night_lights(vec3 d, sampler3D fbm) {
    if (u_stars <= 0.0 || d.y < -0.02) return vec3(0.0);
    vec3 pole = normalize(vec3(0.55, 0.5, 0.62));
    float band = dot(d, pole);
    float cloud = texture(fbm, d * 0.35).a * 0.6 + texture(fbm, d * 1.1 + 0.3).a * 0.4;
    float milky = exp(-band * band * 18.0);
    float dust = smoothstep(0.42, 0.62, texture(fbm, d * 0.8 + 0.6).a) * exp(-band * band * 90.0);
    vec3 c = milky * smoothstep(0.3, 0.75, cloud) * (1.0 - 0.75 * dust) * vec3(0.34, 0.38, 0.55) * 0.16;
    c += star_layer(d, 150.0, 0.07 + 0.22 * milky, 0.8);
    c += star_layer(d, 320.0, 0.10 + 0.3 * milky, 0.3);
    c += star_layer(d, 105.0, 0.02, 2.4);
    return c * u_stars * smoothstep(-0.02, 0.12, d.y);
}

vec3 aurora_light(vec3 d, sampler3D fbm, float shift) {  // shift in [0, 1) hides the layers
    if (u_aurora <= 0.0 || d.y < 0.02) return vec3(0.0);
    vec3 sum = vec3(0.0);
    for (int i = 0; i < 60; i++) {
        float h = (float(i) + shift) / 60.0;
        float height = 1.0 + 1.5 * h;
        vec2 p = d.xz / (d.y + 0.08) * height;
        vec2 bend = (texture(fbm, vec3(p * 0.012, 0.21)).rg) * 0.35;
        vec2 s = p * 0.028 + bend * 0.14;
        float n = texture(fbm, vec3(s, 0.5)).a - 0.5;
        float ribbon = exp(-n * n * 2600.0) + 0.13 * exp(-n * n * 260.0);
        float ray = 0.35 + 1.1 * smoothstep(0.3, 0.75, texture(fbm, vec3(p * 0.16 + bend, 0.13)).a);
        float region = smoothstep(0.25, 0.5, texture(fbm, vec3(p * 0.0105, 0.77)).a);
        vec3 tint = mix(vec3(0.15, 1.0, 0.38), vec3(0.45, 0.20, 0.90), smoothstep(0.12, 0.85, h));
        float fall = exp(-3.2 * h) * smoothstep(0.0, 0.06, h);
        sum += tint * ribbon * ray * region * fall;
    }
    return sum * u_aurora * 0.10 * smoothstep(0.02, 0.22, d.y) * (1.0 - 0.8 * smoothstep(0.5, 0.95, d.y));
}
