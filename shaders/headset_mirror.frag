#version 330 core
// A part of an eye's picture, made smaller: four samples a pixel.

uniform sampler2D u_eye;
uniform vec2 u_uv_a;  // texture coordinates: a + b * pixel
uniform vec2 u_uv_b;

out vec4 f_color;

void main() {
    vec2 uv = u_uv_a + u_uv_b * gl_FragCoord.xy, q = 0.25 * u_uv_b;
    vec4 sum = texture(u_eye, uv - q) + texture(u_eye, uv + q)
        + texture(u_eye, uv + vec2(q.x, -q.y)) + texture(u_eye, uv + vec2(-q.x, q.y));
    f_color = vec4(0.25 * sum.rgb, 1.0);
}
