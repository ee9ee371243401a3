// Equirectangular picture <-> direction. Twins: depthfusion/geometry.py.
// uv in [0, 1]: u grows to the right, 0.5 is forward (-z); v grows downwards from the zenith (+y).

const float PI = 3.14159265358979;

vec3 direction_from_uv(vec2 uv) {
    float lon = (uv.x - 0.5) * (2.0 * PI);
    float lat = (0.5 - uv.y) * PI;
    float cos_lat = cos(lat);
    return vec3(cos_lat * sin(lon), sin(lat), -cos_lat * cos(lon));
}

// atan(y, x) within 2e-6 rad (1/200 texel of a picture 16384 wide), by a minimax
// polynomial for atan on [0, 1]: on a CPU much faster than the built-in.
float angle_from_ratio(float y, float x) {
    float ax = abs(x), ay = abs(y);
    float t = min(ax, ay) / max(max(ax, ay), 1e-30);
    float s = t * t;
    float a = t * (0.99997726 + s * (-0.33262347 + s * (0.19354346
        + s * (-0.11643287 + s * (0.05265332 - s * 0.01172120)))));
    a = ay > ax ? 0.5 * PI - a : a;
    a = x < 0.0 ? PI - a : a;
    return y < 0.0 ? -a : a;
}

vec2 uv_from_direction(vec3 direction) {
    float u = angle_from_ratio(direction.x, -direction.z) * (0.5 / PI) + 0.5;
    float v = 0.5 - angle_from_ratio(direction.y, length(direction.xz)) * (1.0 / PI);
    return vec2(u, v);
}
