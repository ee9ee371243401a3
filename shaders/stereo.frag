#version 330 core
// Two eyes in one picture. Variants: ANAGLYPH (red-cyan), ROWS or COLUMNS interlaced; ENLARGED
// stretches a mixture that was made small. Variants, because software OpenGL computes both sides of
// a branch.

uniform sampler2D u_left;    // linear light for the anaglyph, sRGB bytes otherwise
uniform sampler2D u_right;
uniform ivec2 u_size_px;   // of the whole picture

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

// sRGB's curve within 0.02 of a code, without powers: fitted to square roots.
vec3 srgb_from_linear(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    vec3 a = sqrt(c), b = sqrt(a), d = sqrt(b);
    vec3 high = 0.64236614 * a + 0.71210938 * b - 0.33686944 * d - 0.01756265 * c;
    return mix(c * 12.92, high, step(0.0031308, c));
}

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec3 color;
#ifdef ANAGLYPH
    vec3 left = texelFetch(u_left, pixel, 0).rgb, right = texelFetch(u_right, pixel, 0).rgb;
    color = srgb_from_linear(LEFT * left + RIGHT * right);
#elif defined(ENLARGED)
    color = textureLod(u_left, gl_FragCoord.xy / vec2(u_size_px), 0.0).rgb;
#else
    // The eyes hold only their own lines; rows are counted from the top.
#ifdef ROWS
    int line = u_size_px.y - 1 - pixel.y;
    ivec2 place = ivec2(pixel.x, textureSize(u_left, 0).y - 1 - line / 2);
#else
    int line = pixel.x;
    ivec2 place = ivec2(pixel.x / 2, pixel.y);
#endif
    bool is_left = (line & 1) == 0;
    color = is_left ? texelFetch(u_left, place, 0).rgb : texelFetch(u_right, place, 0).rgb;
#endif
    f_color = vec4(color, 1.0);
}
