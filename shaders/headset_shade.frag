#version 330 core
// What is left of the light, as a factor on the picture's sRGB values: fades, and a rim that is dark
// while the wearer is turned (variant RIM). Blended by multiplication.

uniform float u_left;        // factor everywhere, 0 to 1
#ifdef RIM
uniform vec2 u_tangent_a;    // tangents of a fragment's direction: a + b * pixel
uniform vec2 u_tangent_b;
uniform vec3 u_ahead;        // unit; where the head looks, in the axes of those tangents (right, up, ahead)
uniform vec2 u_rim_cosine;   // of the angles from straight ahead where the rim is dark, and begins
#endif

out vec4 f_color;

void main() {
    float left = u_left;
#ifdef RIM
    vec3 way = vec3(u_tangent_a + u_tangent_b * gl_FragCoord.xy, 1.0);
    float cosine = dot(way, u_ahead) * inversesqrt(dot(way, way));
    left *= smoothstep(u_rim_cosine.x, u_rim_cosine.y, cosine);
#endif
    f_color = vec4(vec3(left), 1.0);
}
