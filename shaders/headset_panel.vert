#version 330 core
// A rectangle that hangs in the world.

uniform mat4 u_clip_from_panel;
uniform vec2 u_half_m;   // half its width and height

out vec2 v_uv;           // v grows downwards: row 0 of the picture is up

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    v_uv = vec2(corner.x, 1.0 - corner.y);
    gl_Position = u_clip_from_panel * vec4((corner * 2.0 - 1.0) * u_half_m, 0.0, 1.0);
}
