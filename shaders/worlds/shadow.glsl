// Parallel-light shadow maps: four nested squares in a 2 x 2 atlas.
uniform sampler2DShadow u_shadow;
uniform mat4 u_shadow_from_world[4];
uniform float u_extent_m[4];  // half sides
uniform int u_cascades;
uniform float u_side_px;     // of one square

float sun_seen(vec3 p, vec3 facet) {
    for (int i = 0; i < u_cascades; i++) {
        float texel = 2.0 * u_extent_m[i] / u_side_px;
        vec3 q = (u_shadow_from_world[i] * vec4(p + facet * texel * 1.4, 1.0)).xyz;
        if (max(abs(q.x), abs(q.y)) < 0.985) {
            vec2 uv = (q.xy * 0.5 + 0.5 + vec2(i & 1, i >> 1)) * 0.5;
            return texture(u_shadow, vec3(uv, q.z * 0.5 + 0.5));
        }
    }
    return 1.0;
}
