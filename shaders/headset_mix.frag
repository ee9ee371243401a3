#version 330 core
// Two worlds in one picture, their light added, pixel by pixel.
// sRGB's curve is taken as a square here: a root costs a CPU a tenth of a power.

uniform sampler2D u_coming;  // sRGB values
uniform sampler2D u_leaving;
uniform vec2 u_factors;      // on the sRGB values of the two, 0 to 1

out vec4 f_color;

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec3 coming = u_factors.x * texelFetch(u_coming, pixel, 0).rgb;
    vec3 leaving = u_factors.y * texelFetch(u_leaving, pixel, 0).rgb;
    f_color = vec4(sqrt(coming * coming + leaving * leaving), 1.0);
}
