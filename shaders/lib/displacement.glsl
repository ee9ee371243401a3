// Depth value -> disparity 1/r in 1/m. Twin: disparity_from_depth in depthfusion/geometry.py.
// LDM3D, arXiv 2305.10853: 0.5 is neutral, 1 is nearer, 0 is farther.

uniform int u_mapping;        // 0 disparity, 1 linear, 2 metric
uniform float u_radius_m;     // R: where relative depth 0.5 lies
uniform float u_strength;     // s in [0, 1]
uniform vec2 u_disparity;     // metric: (1/near, 1/far) in 1/m
uniform vec2 u_disparity_clamp; // metric: (greatest, least) disparity shown, in 1/m
uniform float u_world_scale;  // size of the shown world against the recorded one
uniform vec2 u_depth_affine;  // d' = x + y d: (0, 1) as it is, (1, -1) inverted

const float MAX_DISPARITY = 20.0;  // 1/m: nothing nearer than 5 cm

float disparity_from_depth(float depth) {
    float d = u_depth_affine.x + u_depth_affine.y * depth;
    float disparity;
    if (u_mapping == 0) {
        disparity = (1.0 + u_strength * (2.0 * d - 1.0)) / u_radius_m;
    } else if (u_mapping == 1) {
        float distance_m = u_radius_m * (1.0 + 2.0 * u_strength * (0.5 - d));
        disparity = 1.0 / max(distance_m, 1.0 / MAX_DISPARITY);
    } else {
        disparity = mix(u_disparity.y, u_disparity.x, d);
        disparity = clamp(disparity, u_disparity_clamp.y, u_disparity_clamp.x);
    }
    return clamp(disparity, 0.0, MAX_DISPARITY) / u_world_scale;
}
