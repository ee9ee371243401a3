#version 330 core
// Colour by direction: each fragment looks the picture up where its own ray points, so nothing
// pinches at the poles and large triangles cost no sharpness.
//
// Variants: CUT drops fragments of stretched triangles between near and far surfaces;
// BEHIND is the filled layer seen through the cuts; GRADIENTS picks the mip level a pixel (GPUs),
// otherwise one level serves the whole eye: a panorama has the same sharpness in all directions.

#include "lib/equirect.glsl"
#include "lib/displacement.glsl"

uniform sampler2D u_color;      // sRGB bytes, row 0 up; or the depth map itself, as grey
uniform sampler2D u_depth;      // nearness in [0, 1]
uniform sampler2D u_fill;       // the background's colour; alpha: how much of it is filled in
uniform float u_level;          // mip level of the whole eye
uniform float u_pixel_texels;   // texels of the depth map a pixel spans in the eye's middle
uniform float u_eye_px;         // distance of the eye from the centre, in m x pixels a radian
uniform float u_cut_tolerance;  // fraction of disparity by which a stretched fragment may differ

in vec4 v_point;

out vec4 f_color;

// Nearness: texels closer together than this are one surface, as for the layer behind (JUMP of
// hidden.py: where less is cut, nothing lies behind); steps are larger on a coarse map.
const float FLAT = 0.02, FLAT_TIMES_COLUMNS = 30.0;

vec3 color_from_uv(vec2 uv) {
#ifdef GRADIENTS
    // The wrap makes u jump by 1 between neighbours: a derivative has no whole turns in it.
    vec2 dx = dFdx(uv), dy = dFdy(uv);
    dx.x -= round(dx.x);
    dy.x -= round(dy.x);
    return textureGrad(u_color, uv, dx, dy).rgb;
#else
    return textureLod(u_color, uv, u_level).rgb;
#endif
}

#ifdef CUT
const float CLEAR = 0.6;        // texels beside an outline from which colour is not mixed

// Whether surfaces `gap` (1/m) of disparity apart part from each other in this eye: 0 to 1.
float seen_apart(float gap) {
    return smoothstep(1.0, 3.0, gap * u_eye_px);
}

// How much of the pixel the fragment's own surface covers: 0 where the picture shows another
// surface in this direction, between 0 and 1 along the outline. Beside the outline `uv` is moved
// to the fragment's own side: the filtered picture mixes both surfaces there. Where the two
// surfaces are not seen apart, and so at the centre, everything stays as the picture has it.
float coverage(inout vec2 uv, float disparity) {
    ivec2 size = textureSize(u_depth, 0);
    vec2 place = uv * vec2(size) - 0.5;
    ivec2 corner = ivec2(floor(place));
    vec2 f = place - vec2(corner);
    int x0 = (corner.x + size.x) % size.x, x1 = (corner.x + 1) % size.x;
    int y0 = clamp(corner.y, 0, size.y - 1), y1 = clamp(corner.y + 1, 0, size.y - 1);
    vec4 d = vec4(
        texelFetch(u_depth, ivec2(x0, y0), 0).r, texelFetch(u_depth, ivec2(x1, y0), 0).r,
        texelFetch(u_depth, ivec2(x0, y1), 0).r, texelFetch(u_depth, ivec2(x1, y1), 0).r);
    float low = min(min(d.x, d.y), min(d.z, d.w)), high = max(max(d.x, d.y), max(d.z, d.w));
    float depth = mix(mix(d.x, d.y, f.x), mix(d.z, d.w, f.x), f.y);
    float flat_step = max(FLAT, FLAT_TIMES_COLUMNS / float(size.x));
    float shown = disparity_from_depth(depth);
    float margin = u_cut_tolerance * disparity + abs(disparity_from_depth(depth + flat_step) - shown);
    if (high - low <= flat_step) {
        float gap = abs(disparity - shown);
        return gap > margin ? 1.0 - seen_apart(gap) : 1.0;
    }
    // The outline runs where the depth between the texels is half-way from far to near.
    float near = disparity_from_depth(high), far = disparity_from_depth(low);
    float apart = seen_apart(near - far);
    vec2 slope = vec2(mix(d.y - d.x, d.w - d.z, f.y), mix(d.z - d.x, d.w - d.y, f.x));
    float steep = max(length(slope), 1e-4);
    float above = depth - 0.5 * (low + high);
    bool is_near = abs(disparity - near) <= abs(disparity - far);
    float aside = is_near ? max(CLEAR - above / steep, 0.0) : min(-CLEAR - above / steep, 0.0);
    uv += slope / steep * aside * apart / vec2(size);
    slope.x /= max(cos((0.5 - uv.y) * PI), 0.02);
    float inside = above / max(length(slope), 1e-4);
    float covered;
    if (is_near) {  // but not on the slope that leads down to the far surface
        bool on_slope = near - disparity > 0.05 * (near - far);
        covered = on_slope ? 0.0 : clamp(inside / u_pixel_texels + 0.5, 0.0, 1.0);
    } else {
        bool is_far = abs(disparity - far) <= margin;
        covered = inside <= 0.0 && is_far ? 1.0 : 0.0;
    }
    return mix(1.0, covered, apart);
}
#endif

void main() {
    float reach = length(v_point.xyz);
    vec2 uv = uv_from_direction(v_point.xyz);
    float alpha = 1.0;
#ifdef CUT
    alpha = coverage(uv, v_point.w / reach);
    if (alpha < 0.02) discard;
#endif
    vec3 color = color_from_uv(uv);
#ifdef BEHIND
    vec4 fill = textureLod(u_fill, uv, 0.0);
    color = mix(color, fill.rgb, min(4.0 * fill.a, 1.0));
#endif
    f_color = vec4(color, alpha);
}
