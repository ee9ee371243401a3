#version 330 core
// Two eyes in one picture: red-cyan anaglyph, or interlaced rows or columns.

uniform sampler2D u_left;
uniform sampler2D u_right;
uniform int u_pattern;      // 0 anaglyph, 1 rows, 2 columns
uniform int u_height_px;

out vec4 f_color;

// E. Dubois, "A projection method to generate anaglyph stereo images", ICASSP 2001: least squares
// for red-cyan glasses, applied in linear light. Rows of the matrices are output channels.
const mat3 LEFT = transpose(mat3(
     0.437,  0.449,  0.164,
    -0.062, -0.062, -0.024,
    -0.048, -0.050, -0.017));
const mat3 RIGHT = transpose(mat3(
    -0.011, -0.032, -0.007,
     0.377,  0.761,  0.009,
    -0.026, -0.093,  1.234));

vec3 linear_from_srgb(vec3 c) {
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c));
}

vec3 srgb_from_linear(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    return mix(c * 12.92, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
}

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec3 left = texelFetch(u_left, pixel, 0).rgb;
    vec3 right = texelFetch(u_right, pixel, 0).rgb;
    vec3 color;
    if (u_pattern == 0) {
        color = srgb_from_linear(LEFT * linear_from_srgb(left) + RIGHT * linear_from_srgb(right));
    } else {
        int place = u_pattern == 1 ? u_height_px - 1 - pixel.y : pixel.x;
        color = (place & 1) == 0 ? left : right;
    }
    f_color = vec4(color, 1.0);
}
