// Directions, cube atlas, packing and hashing shared by all passes.
// World: +x right, +y up, -z forward. Equirectangular row 0 is up.
const float PI = 3.14159265358979;
const float HEAVEN_M = 50000.0;  // what is farther are moons and planets, beyond the air

vec3 direction_from_uv(vec2 uv) {  // uv in [0, 1], v from the top
    float lon = (uv.x - 0.5) * 2.0 * PI, lat = (0.5 - uv.y) * PI;
    return vec3(cos(lat) * sin(lon), sin(lat), -cos(lat) * cos(lon));
}

vec2 uv_from_direction(vec3 d) {
    return vec2(atan(d.x, -d.z) / (2.0 * PI) + 0.5, 0.5 - asin(clamp(d.y, -1.0, 1.0)) / PI);
}

// Faces 0..5 look along +x -x +y -y +z -z.
void face_basis(int face, out vec3 forward, out vec3 right, out vec3 up) {
    float s = (face & 1) == 0 ? 1.0 : -1.0;
    int axis = face >> 1;
    forward = s * vec3(axis == 0, axis == 1, axis == 2);
    right = axis == 0 ? vec3(0, 0, 1) : vec3(1, 0, 0);
    up = axis == 1 ? vec3(0, 0, 1) : vec3(0, 1, 0);
}

int face_from_direction(vec3 d) {
    vec3 a = abs(d);
    if (a.x >= a.y && a.x >= a.z) return d.x >= 0.0 ? 0 : 1;
    if (a.y >= a.z) return d.y >= 0.0 ? 2 : 3;
    return d.z >= 0.0 ? 4 : 5;
}

vec2 face_uv(int face, vec3 d) {  // [0, 1]
    vec3 f, r, u;
    face_basis(face, f, r, u);
    return vec2(dot(d, r), dot(d, u)) / dot(d, f) * 0.5 + 0.5;
}

float pack_normal(vec3 n) {  // octahedral, 2 x 12 bits, exact in a float
    n /= abs(n.x) + abs(n.y) + abs(n.z) + 1e-9;
    vec2 e = n.z >= 0.0 ? n.xy : (1.0 - abs(n.yx)) * vec2(n.x >= 0.0 ? 1.0 : -1.0, n.y >= 0.0 ? 1.0 : -1.0);
    vec2 q = floor((e * 0.5 + 0.5) * 4094.0 + 0.5);
    return q.x * 4096.0 + q.y;
}

vec3 unpack_normal(float packed_value) {
    float x = floor(packed_value / 4096.0);
    vec2 e = vec2(x, packed_value - x * 4096.0) / 4094.0 * 2.0 - 1.0;
    vec3 n = vec3(e, 1.0 - abs(e.x) - abs(e.y));
    if (n.z < 0.0) n.xy = (1.0 - abs(n.yx)) * vec2(n.x >= 0.0 ? 1.0 : -1.0, n.y >= 0.0 ? 1.0 : -1.0);
    return normalize(n);
}

// Jarzynski and Olano, "Hash Functions for GPU Rendering" (2020): pcg3d. Cells are 1/4 wide.
vec3 hash33(vec3 p) {
    uvec3 v = uvec3(ivec3(floor(p * 4.0))) * 1664525u + 1013904223u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v ^= v >> 16u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    return vec3(v >> 8u) / 16777216.0;
}

float hash13(vec3 p) { return hash33(p).x; }
