in vec3 a_position;
in vec3 a_normal;
in vec3 a_texture;   // metres, where noise is looked up
in vec4 a_color;     // linear albedo, material parameter
in float a_material;
in vec4 i_row0;      // 3x4 world_from_object
in vec4 i_row1;
in vec4 i_row2;
in vec4 i_tint;      // rgb multiplies the albedo; a is random in [0, 1]

vec3 world_position() {
    vec4 p = vec4(a_position, 1.0);
    return vec3(dot(i_row0, p), dot(i_row1, p), dot(i_row2, p));
}
