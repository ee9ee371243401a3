// Depth value -> disparity 1/r in 1/m. Twin: disparity_from_depth in depthfusion/geometry.py.
// LDM3D, arXiv 2305.10853: 0.5 is neutral, 1 is nearer, 0 is farther.
//
// All three mappings, inverted or not, at any world scale, are one fraction (a + b d) / (c + e d):
//   disparity  1/r = (1 - s)/R + 2s/R d
//   linear     1/r = 1 / (R (1 + s) - 2 s R d)
//   metric     1/r = 1/far + (1/near - 1/far) d
// disparity_ratio in geometry.py makes a, b, c, e; software OpenGL would compute every branch.

uniform vec4 u_disparity_ratio;  // a, b in 1/m, c, e (linear: a = 1, c and e in m)
uniform vec2 u_disparity_clamp;  // least and greatest disparity shown, in 1/m

float disparity_from_depth(float depth) {
    vec2 parts = u_disparity_ratio.xz + u_disparity_ratio.yw * depth;
    float disparity = parts.x / max(parts.y, 1e-6);
    return clamp(disparity, u_disparity_clamp.x, u_disparity_clamp.y);
}
