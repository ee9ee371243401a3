#version 330 core
#include "common.glsl"
#include "instance.glsl"
uniform vec3 u_eye;              // metres
uniform mat3 u_cube_from_world;  // a rotation; a new one each pass decorrelates the samples
uniform int u_face;
out vec3 v_relative;             // world position minus eye
out vec3 v_normal;
out vec3 v_texture;
out vec4 v_color;
flat out float v_material;

void main() {
    vec3 p = world_position();
    v_relative = p - u_eye;
    mat3 linear = transpose(mat3(i_row0.xyz, i_row1.xyz, i_row2.xyz));
    vec3 size2 = vec3(dot(linear[0], linear[0]), dot(linear[1], linear[1]), dot(linear[2], linear[2]));
    v_normal = linear * (a_normal / max(size2, vec3(1e-9)));
    v_texture = a_texture * sqrt(size2.y) + i_tint.a * vec3(37.0, 11.0, 23.0);
    v_color = vec4(a_color.rgb * i_tint.rgb, a_color.a);
    v_material = a_material;
    vec3 f, r, u, q = u_cube_from_world * v_relative;
    face_basis(u_face, f, r, u);
    float w = dot(q, f);
    gl_Position = vec4(dot(q, r), dot(q, u), w - 2.0 * 0.08, w);  // near 0.08 m, far infinite
}
