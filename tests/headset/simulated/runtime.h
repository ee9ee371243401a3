/* A pretended OpenVR runtime for tests: what its files share.
 *
 * The layout of every struct is that of OpenVR 2.12 on Linux (x86-64); tests compare the sizes and
 * the order of all function tables with the installed pyopenvr. Nothing here is OpenVR's own code.
 */
#ifndef SIMULATED_RUNTIME_H
#define SIMULATED_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEFT, RIGHT, EYES };
enum { SEATED, STANDING };
enum { HMD, LEFT_HAND, RIGHT_HAND, DEVICES, MOST_DEVICES = 64 };
enum { MOST_EVENTS = 64, MOST_TRIANGLES = 64, MOST_ACTIONS = 32, PATH_SIZE = 1024 };

typedef struct { float m[3][4]; } Matrix34;
typedef struct { float m[4][4]; } Matrix44;
typedef struct { float v[2]; } Vector2;
typedef struct { float v[3]; } Vector3;

typedef struct {
    Matrix34 device_to_tracking;
    Vector3 velocity, angular_velocity;
    int32_t result;
    bool is_valid, is_connected;
} Pose;

typedef struct { void *handle; int32_t type, color_space; } Texture;
typedef struct { float u_min, v_min, u_max, v_max; } Bounds;
typedef struct { const Vector2 *vertices; uint32_t triangles; } HiddenMesh;

#pragma pack(push, 4)
typedef struct {
    uint32_t type, device;
    float age_s;
    union { uint64_t words[6]; uint32_t first; float ipd_m; } data;
} Event;
typedef struct { uint32_t packet; uint64_t pressed, touched; float axes[5][2]; } ControllerState;
typedef struct {
    uint32_t size, index, presents, mispresented, dropped, reprojection;
    double system_s;
    float pre_submit_gpu_ms, post_submit_gpu_ms, total_gpu_ms, compositor_gpu_ms, compositor_cpu_ms,
        idle_cpu_ms, client_interval_ms, present_cpu_ms, wait_present_cpu_ms, submit_ms,
        wait_called_ms, poses_ready_ms, frame_ready_ms, update_start_ms, update_end_ms,
        render_start_ms;
    Pose pose;
    uint32_t vsyncs_ready, vsyncs_first_view;
    float transfer_ms;
} Timing;
#pragma pack(pop)

typedef struct { bool active; uint64_t origin; bool state, changed; float age_s; } Digital;
typedef struct { bool active; uint64_t origin; float x, y, z, dx, dy, dz, age_s; } Analog;
typedef struct { bool active; uint64_t origin; Pose pose; } PoseAction;
typedef struct { uint64_t set, device, secondary; uint32_t padding; int32_t priority; } ActiveSet;

/* One slot of a function table, in its order. */
typedef struct { const char *name; void (*function)(void); } Slot;
typedef struct { const char *version; const Slot *slots; int count; } Interface;
extern const Interface interfaces[];

typedef struct {
    char name[96];
    bool exists, is_bound, pressed, state, changed;
    float x, y, shown_x, shown_y;
} Action;

/* All that a script may set (see state.c for the words), and what happened. */
typedef struct {
    bool has_hmd, needs_server, has_focus, input_available, should_pause, tracked, paces;
    bool is_scene, is_running, quit_acknowledged, dirty, steals_context, captures, traces;
    int init_error, wait_error, submit_error, timing_size, activity;
    char missing[PATH_SIZE], hangs_in[PATH_SIZE], aborts_in[PATH_SIZE], capture_folder[PATH_SIZE];
    uint32_t width, height;
    float hz, photons_s, tangents[EYES][4], gpu_ms;
    Matrix34 head_from_eye[EYES];
    float ipd_m;
    float head[6], seated_zero[6]; /* x, y, z in metres; yaw, pitch, roll in degrees */
    float sway_m;
    bool connected[DEVICES];
    Vector2 mesh[EYES][3 * MOST_TRIANGLES];
    uint32_t triangles[EYES];
    Event events[MOST_EVENTS];
    int events_begin, events_end;
    Action actions[MOST_ACTIONS];
    int action_count;
    char model[96], installed[PATH_SIZE];

    int universe;
    uint32_t frame, dropped_next;
    bool submitted[EYES];
    double called_s, poses_s, ready_s, vsync_s;
    Timing last;
} State;
extern State state;

/* state.c */
int sim_do(const char *command);
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void come_to(const char *place); /* runs what a script planned for it: hang, abort */
void start_script(void);
void run_script(uint32_t frame);
void push_event(uint32_t type, uint32_t device);
double now_s(void);
void sleep_until_s(double time_s);
Matrix34 matrix_from_pose(const float pose[6]);
Matrix34 inverse(Matrix34 a);
Matrix34 multiply(Matrix34 a, Matrix34 b);
void unimplemented(const char *name) __attribute__((noreturn));

/* picture.c: 0, or a compositor's error */
int take_picture(int eye, const Texture *texture, const Bounds *bounds, uint32_t flags);
void misbehave(void);

/* A table is written once, as a list of its slots: DO for those that exist, NOT for the others. */
#define STUB(name) static void name(void) { unimplemented(#name); }
#define NOTHING(name)
#define SLOT(name) {#name, (void (*)(void))name},
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

extern const Slot system_slots[], compositor_slots[], input_slots[];
extern const int system_count, compositor_count, input_count;

#endif
