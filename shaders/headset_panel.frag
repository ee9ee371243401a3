#version 330 core
uniform sampler2D u_picture;  // sRGB values, straight alpha
uniform float u_opacity;      // 0 to 1

in vec2 v_uv;

out vec4 f_color;

void main() {
    vec4 color = texture(u_picture, v_uv);
    f_color = vec4(color.rgb, color.a * u_opacity);
}
