/* What the loader asks for: the client core, and the tables with nothing much behind them. */
#include "runtime.h"

#include <stdio.h>
#include <string.h>

enum { INTERFACE_NOT_FOUND = 105, NO_HMD = 108, NO_SERVER = 121 };
enum { SCENE = 1, BACKGROUND = 3, UTILITY = 4 };

/* --- chaperone, applications, settings ----------------------------------------------------- */

static void resetZeroPose(int32_t universe)
{
    log_line("recenter %s", universe == SEATED ? "seated" : "standing");
    memcpy(state.seated_zero, state.head, sizeof state.head);
    state.seated_zero[4] = state.seated_zero[5] = 0;
    push_event(universe == SEATED ? 804 : 808, HMD);
}

#define CHAPERONE(DO, NOT) \
    NOT(getCalibrationState) NOT(getPlayAreaSize) NOT(getPlayAreaRect) NOT(reloadInfo) \
    NOT(setSceneColor) NOT(getBoundsColor) NOT(areBoundsVisible) NOT(forceBoundsVisible) \
    DO(resetZeroPose)
CHAPERONE(NOTHING, STUB)
static const Slot chaperone_slots[] = {CHAPERONE(SLOT, SLOT)};

static int32_t addApplicationManifest(const char *path, bool temporary)
{
    FILE *file = fopen(path, "r");
    if (path[0] != '/' || !file) return 101; /* NoManifest */
    fclose(file);
    snprintf(state.installed, sizeof state.installed, "%s", path);
    log_line("add-manifest %s %d", path, temporary);
    return 0;
}

static int32_t removeApplicationManifest(const char *path)
{
    log_line("remove-manifest %s", path);
    state.installed[0] = 0;
    return 0;
}

static bool isApplicationInstalled(const char *key)
{
    (void)key;
    return state.installed[0] != 0;
}

static int32_t identifyApplication(uint32_t process, const char *key)
{
    (void)process;
    log_line("identify %s", key);
    return state.installed[0] ? 0 : 104; /* UnknownApplication */
}

#define APPLICATIONS(DO, NOT) \
    DO(addApplicationManifest) DO(removeApplicationManifest) DO(isApplicationInstalled) \
    NOT(getApplicationCount) NOT(getApplicationKeyByIndex) NOT(getApplicationKeyByProcessId) \
    NOT(launchApplication) NOT(launchTemplateApplication) NOT(launchApplicationFromMimeType) \
    NOT(launchDashboardOverlay) NOT(cancelApplicationLaunch) DO(identifyApplication) \
    NOT(getApplicationProcessId) NOT(getApplicationsErrorNameFromEnum) \
    NOT(getApplicationPropertyString) NOT(getApplicationPropertyBool) \
    NOT(getApplicationPropertyUint64) NOT(setApplicationAutoLaunch) \
    NOT(getApplicationAutoLaunch) NOT(setDefaultApplicationForMimeType) \
    NOT(getDefaultApplicationForMimeType) NOT(getApplicationSupportedMimeTypes) \
    NOT(getApplicationsThatSupportMimeType) NOT(getApplicationLaunchArguments) \
    NOT(getStartingApplication) NOT(getSceneApplicationState) \
    NOT(performApplicationPrelaunchCheck) NOT(getSceneApplicationStateNameFromEnum) \
    NOT(launchInternalProcess) NOT(getCurrentSceneProcessId)
APPLICATIONS(NOTHING, STUB)
static const Slot applications_slots[] = {APPLICATIONS(SLOT, SLOT)};

#define SETTINGS(NOT) \
    NOT(getSettingsErrorNameFromEnum) NOT(setBool) NOT(setInt32) NOT(setFloat) NOT(setString) \
    NOT(getBool) NOT(getInt32) NOT(getFloat) NOT(getString) NOT(removeSection) \
    NOT(removeKeyInSection)
SETTINGS(STUB)
static const Slot settings_slots[] = {SETTINGS(SLOT)};

/* --- all interfaces ------------------------------------------------------------------------ */

enum { INTERFACES = 6, MOST_SLOTS = 64 };
static Interface all[INTERFACES];
static void (*tables[INTERFACES][MOST_SLOTS])(void);

__attribute__((constructor)) static void fill_tables(void)
{
    const Interface list[INTERFACES] = {
        {"IVRSystem_023", system_slots, system_count},
        {"IVRCompositor_029", compositor_slots, compositor_count},
        {"IVRInput_010", input_slots, input_count},
        {"IVRChaperone_004", chaperone_slots, COUNT(chaperone_slots)},
        {"IVRApplications_007", applications_slots, COUNT(applications_slots)},
        {"IVRSettings_003", settings_slots, COUNT(settings_slots)},
    };
    for (int i = 0; i < INTERFACES; i++) {
        all[i] = list[i];
        for (int slot = 0; slot < list[i].count; slot++)
            tables[i][slot] = list[i].slots[slot].function;
    }
}

static int interface_named(const char *version)
{
    for (int i = 0; i < INTERFACES; i++)
        if (!strcmp(all[i].version, version) && strcmp(state.missing, version)) return i;
    return -1;
}

/* For the version check: the name of a slot, NULL behind the last; the size of a struct. */
const char *sim_slot(const char *version, int slot)
{
    int i = interface_named(version);
    return i >= 0 && slot >= 0 && slot < all[i].count ? all[i].slots[slot].name : NULL;
}

int sim_size(const char *name)
{
    static const struct { const char *name; size_t size; } sizes[] = {
        {"HmdMatrix34_t", sizeof(Matrix34)}, {"HmdMatrix44_t", sizeof(Matrix44)},
        {"HiddenAreaMesh_t", sizeof(HiddenMesh)}, {"TrackedDevicePose_t", sizeof(Pose)},
        {"Texture_t", sizeof(Texture)}, {"VRTextureBounds_t", sizeof(Bounds)},
        {"VREvent_t", sizeof(Event)}, {"VRControllerState_t", sizeof(ControllerState)},
        {"Compositor_FrameTiming", sizeof(Timing)}, {"InputDigitalActionData_t", sizeof(Digital)},
        {"InputAnalogActionData_t", sizeof(Analog)}, {"InputPoseActionData_t", sizeof(PoseAction)},
        {"VRActiveActionSet_t", sizeof(ActiveSet)},
    };
    for (int i = 0; i < COUNT(sizes); i++)
        if (!strcmp(sizes[i].name, name)) return (int)sizes[i].size;
    return -1;
}

/* --- the client core: a C++ object, whose first word points to its methods ------------------ */

static int Init(void *self, int32_t type, const char *info)
{
    (void)self;
    (void)info;
    start_script();
    come_to("init");
    log_line("init %d", type);
    if (state.init_error) return state.init_error;
    if (!state.has_hmd && type != UTILITY) return NO_HMD;
    if (type == BACKGROUND && state.needs_server) return NO_SERVER;
    state.is_scene = type == SCENE;
    state.is_running = true;
    state.universe = STANDING;
    return 0;
}

static void Cleanup(void *self)
{
    (void)self;
    if (state.is_running) log_line("cleanup");
    state.is_running = false;
}

static int IsInterfaceVersionValid(void *self, const char *version)
{
    (void)self;
    return interface_named(version) >= 0 ? 0 : INTERFACE_NOT_FOUND;
}

static void *GetGenericInterface(void *self, const char *name, int32_t *error)
{
    (void)self;
    static const char prefix[] = "FnTable:";
    size_t skip = sizeof prefix - 1;
    int i = strncmp(name, prefix, skip) ? -1 : interface_named(name + skip);
    if (error) *error = i >= 0 ? 0 : INTERFACE_NOT_FOUND;
    return i >= 0 ? (void *)tables[i] : NULL;
}

static bool BIsHmdPresent(void *self)
{
    (void)self;
    start_script();
    come_to("present");
    return state.has_hmd;
}

static const char *GetEnglishStringForHmdError(void *self, int32_t error)
{
    (void)self;
    (void)error;
    return "Pretended trouble";
}

static const char *GetIDForVRInitError(void *self, int32_t error)
{
    (void)self;
    (void)error;
    return "VRInitError_Pretended";
}

void *VRClientCoreFactory(const char *name, int *error)
{
    static const struct {
        int (*Init)(void *, int32_t, const char *);
        void (*Cleanup)(void *);
        int (*IsInterfaceVersionValid)(void *, const char *);
        void *(*GetGenericInterface)(void *, const char *, int32_t *);
        bool (*BIsHmdPresent)(void *);
        const char *(*GetEnglishStringForHmdError)(void *, int32_t);
        const char *(*GetIDForVRInitError)(void *, int32_t);
    } methods = {
        Init, Cleanup, IsInterfaceVersionValid, GetGenericInterface, BIsHmdPresent,
        GetEnglishStringForHmdError, GetIDForVRInitError,
    };
    static const void *core = &methods;
    bool is_known = !strcmp(name, "IVRClientCore_003");
    if (error) *error = is_known ? 0 : INTERFACE_NOT_FOUND;
    return is_known ? (void *)&core : NULL;
}
