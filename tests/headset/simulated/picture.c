/* What was submitted, read back through the program's own OpenGL context. */
#include "runtime.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INVALID_TEXTURE = 102, WRONG_FORMAT = 105, INVALID_BOUNDS = 109 };
enum { OPENGL = 1, LINEAR = 2, IS_EGL = 0x100 };
enum {
    TEXTURE_2D = 0x0DE1, BOUND_2D = 0x8069, WIDTH = 0x1000, HEIGHT = 0x1001, FORMAT = 0x1003,
    RGBA = 0x1908, BYTES = 0x1401, RGBA8 = 0x8058, SRGB8_ALPHA8 = 0x8C43, SCISSOR = 0x0C11,
    SCISSOR_BOX = 0x0C10, PACK_ALIGNMENT = 0x0D05, PACK_ROW_LENGTH = 0x0D02,
    FRAMEBUFFER_SRGB = 0x8DB9,
};

static struct {
    void (*BindTexture)(unsigned, unsigned);
    void (*GetIntegerv)(unsigned, int *);
    void (*GetTexLevelParameteriv)(unsigned, int, unsigned, int *);
    void (*GetTexImage)(unsigned, int, unsigned, unsigned, void *);
    void (*PixelStorei)(unsigned, int);
    void (*GenTextures)(int, unsigned *);
    void (*Enable)(unsigned);
    unsigned (*GetError)(void);
    unsigned char (*IsTexture)(unsigned), (*IsEnabled)(unsigned);
    void *(*CurrentEgl)(void), *(*CurrentGlx)(void), *(*Display)(void);
    unsigned (*MakeCurrent)(void *, void *, void *, void *);
} gl;

static bool load_gl(void)
{
    if (gl.BindTexture && gl.CurrentEgl) return true;
    void *lib = dlopen("libGL.so.1", RTLD_NOW);
    void *egl = dlopen("libEGL.so.1", RTLD_NOW | RTLD_NOLOAD); /* only where it is used */
    if (!lib) return false;
    struct { void *library; const char *name; void *into; } wanted[] = {
        {lib, "glBindTexture", &gl.BindTexture}, {lib, "glGetIntegerv", &gl.GetIntegerv},
        {lib, "glGetTexLevelParameteriv", &gl.GetTexLevelParameteriv},
        {lib, "glGetTexImage", &gl.GetTexImage}, {lib, "glPixelStorei", &gl.PixelStorei},
        {lib, "glGenTextures", &gl.GenTextures}, {lib, "glEnable", &gl.Enable},
        {lib, "glGetError", &gl.GetError}, {lib, "glIsTexture", &gl.IsTexture},
        {lib, "glIsEnabled", &gl.IsEnabled}, {lib, "glXGetCurrentContext", &gl.CurrentGlx},
        {egl, "eglGetCurrentContext", &gl.CurrentEgl}, {egl, "eglGetCurrentDisplay", &gl.Display},
        {egl, "eglMakeCurrent", &gl.MakeCurrent},
    };
    for (int i = 0; i < COUNT(wanted); i++) {
        void *symbol = wanted[i].library ? dlsym(wanted[i].library, wanted[i].name) : NULL;
        memcpy(wanted[i].into, &symbol, sizeof symbol);
    }
    return true;
}

static bool is_egl(void) { return gl.CurrentEgl && gl.CurrentEgl(); }
static bool is_glx(void) { return gl.CurrentGlx && gl.CurrentGlx(); }

/* --- pictures ------------------------------------------------------------------------------ */

typedef struct { int width, height; unsigned char *rgba; } Picture;
static Picture pictures[EYES];

/* Gives (height, width, 4) bytes, row 0 up, of the last picture; NULL where there is none. */
const unsigned char *sim_picture(int eye, int *width, int *height)
{
    *width = pictures[eye].width;
    *height = pictures[eye].height;
    return pictures[eye].rgba;
}

void sim_forget_pictures(void)
{
    for (int eye = 0; eye < EYES; eye++) {
        free(pictures[eye].rgba);
        pictures[eye] = (Picture){0};
    }
}

/* Writes where a test says, so that it can see its sanitizer bite. */
void sim_overrun(int place)
{
    unsigned char *bytes = calloc(4, 1);
    bytes[place] = 1;
    if (place >= 0) log_line("overrun %d", bytes[0]);
    free(bytes);
}

/* A copy that draws while sRGB writing is on encodes what is encoded already: all gets lighter. */
static void lighten(unsigned char *all, int count)
{
    if (!gl.IsEnabled(FRAMEBUFFER_SRGB)) return;
    for (int i = 0; i < 4 * count; i++)
        all[i] = (unsigned char)lroundf(255 * sqrtf((float)all[i] / 255));
}

/* The real one copies with the scissor that is set: what lies outside of it stays black. */
static void cut(unsigned char *all, int width, int height)
{
    int box[4];
    if (!gl.IsEnabled(SCISSOR)) return;
    gl.GetIntegerv(SCISSOR_BOX, box);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            if (x < box[0] || y < box[1] || x >= box[0] + box[2] || y >= box[1] + box[3])
                memset(all + 4 * ((size_t)y * (size_t)width + (size_t)x), 0, 4);
}

static void keep(int eye, const unsigned char *all, int width, int height, const Bounds *b)
{
    int wide = (int)lroundf(fabsf(b->u_max - b->u_min) * (float)width);
    int high = (int)lroundf(fabsf(b->v_max - b->v_min) * (float)height);
    Picture *picture = &pictures[eye];
    free(picture->rgba);
    *picture = (Picture){wide, high, malloc((size_t)wide * (size_t)high * 4 + 1)};
    for (int row = 0; row < high; row++) {
        float v = b->v_max + (b->v_min - b->v_max) * ((float)row + 0.5f) / (float)high;
        for (int column = 0; column < wide; column++) {
            float u = b->u_min + (b->u_max - b->u_min) * ((float)column + 0.5f) / (float)wide;
            size_t from = (size_t)(v * (float)height) * (size_t)width + (size_t)(u * (float)width);
            size_t to = (size_t)row * (size_t)wide + (size_t)column;
            memcpy(picture->rgba + 4 * to, all + 4 * from, 4);
        }
    }
}

static void write_picture(int eye)
{
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%06u-%s.ppm", state.capture_folder, state.frame,
             eye == LEFT ? "left" : "right");
    FILE *file = fopen(path, "wb");
    if (!file) return;
    fprintf(file, "P6 %d %d 255\n", pictures[eye].width, pictures[eye].height);
    for (int i = 0; i < pictures[eye].width * pictures[eye].height; i++)
        fwrite(pictures[eye].rgba + 4 * (size_t)i, 1, 3, file);
    fclose(file);
}

static void read_back(int eye, int width, int height, const Bounds *bounds)
{
    int alignment, row_length;
    unsigned char *all = calloc((size_t)width * (size_t)height, 4);
    gl.GetIntegerv(PACK_ALIGNMENT, &alignment);
    gl.GetIntegerv(PACK_ROW_LENGTH, &row_length);
    gl.PixelStorei(PACK_ALIGNMENT, 4);
    gl.PixelStorei(PACK_ROW_LENGTH, 0);
    gl.GetTexImage(TEXTURE_2D, 0, RGBA, BYTES, all);
    gl.PixelStorei(PACK_ALIGNMENT, alignment);
    gl.PixelStorei(PACK_ROW_LENGTH, row_length);
    cut(all, width, height);
    lighten(all, width * height);
    keep(eye, all, width, height, bounds);
    free(all);
    if (state.capture_folder[0]) write_picture(eye);
}

static bool is_inside(const Bounds *b)
{
    return b->u_min >= 0 && b->u_min < b->u_max && b->u_max <= 1 &&
        b->v_min >= 0 && b->v_min < b->v_max && b->v_max <= 1;
}

/* What a runtime checks, and what it only shows: bound at first, read only where asked for. */
static int check_and_read(int eye, unsigned name, const Bounds *bounds)
{
    int width = 0, height = 0, format = 0;
    while (gl.GetError()) {}
    gl.BindTexture(TEXTURE_2D, name);
    if (gl.GetError()) return WRONG_FORMAT; /* a texture of another kind: multisampled, cube */
    gl.GetTexLevelParameteriv(TEXTURE_2D, 0, WIDTH, &width);
    gl.GetTexLevelParameteriv(TEXTURE_2D, 0, HEIGHT, &height);
    gl.GetTexLevelParameteriv(TEXTURE_2D, 0, FORMAT, &format);
    if (format != RGBA8 && format != SRGB8_ALPHA8) return WRONG_FORMAT;
    if (state.captures) read_back(eye, width, height, bounds);
    return 0;
}

int take_picture(int eye, const Texture *texture, const Bounds *bounds, uint32_t flags)
{
    unsigned name = (unsigned)(uintptr_t)texture->handle;
    int bound = 0;
    if (texture->type != OPENGL || texture->color_space == LINEAR) return INVALID_TEXTURE;
    if (!load_gl() || (!is_egl() && !is_glx())) return INVALID_TEXTURE;
    if (is_egl() != !!(flags & IS_EGL) || !gl.IsTexture(name)) return INVALID_TEXTURE;
    if (!is_inside(bounds)) return INVALID_BOUNDS;
    gl.GetIntegerv(BOUND_2D, &bound);
    int error = check_and_read(eye, name, bounds);
    gl.BindTexture(TEXTURE_2D, (unsigned)bound);
    return error;
}

/* Leaves behind what real runtimes leave behind. */
void misbehave(void)
{
    static unsigned own;
    if (state.dirty && (is_egl() || is_glx())) {
        if (!own || !gl.IsTexture(own)) gl.GenTextures(1, &own);
        gl.BindTexture(TEXTURE_2D, own);
        gl.Enable(0xFFFF);
    }
    if (state.steals_context && is_egl() && gl.MakeCurrent)
        gl.MakeCurrent(gl.Display(), NULL, NULL, NULL);
}
