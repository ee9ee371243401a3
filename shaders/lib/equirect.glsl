// Equirectangular picture <-> direction. Twins: depthfusion/geometry.py.
// uv in [0, 1]: u grows to the right, 0.5 is forward (-z); v grows downwards from the zenith (+y).

const float PI = 3.14159265358979;

vec3 direction_from_uv(vec2 uv) {
    float lon = (uv.x - 0.5) * (2.0 * PI);
    float lat = (0.5 - uv.y) * PI;
    float cos_lat = cos(lat);
    return vec3(cos_lat * sin(lon), sin(lat), -cos_lat * cos(lon));
}

vec2 uv_from_direction(vec3 direction) {
    float u = atan(direction.x, -direction.z) * (0.5 / PI) + 0.5;
    float v = 0.5 - atan(direction.y, length(direction.xz)) * (1.0 / PI);
    return vec2(u, v);
}
