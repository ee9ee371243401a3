/* IVRInput: actions that the manifest names, pressed and pushed by the script. */
#include "runtime.h"

#include <stdio.h>
#include <string.h>

enum { WRONG_TYPE = 2, INVALID_HANDLE = 3, INVALID_PARAMETER = 4 };
enum { SET_HANDLE = 1000, SOURCE_HANDLE = 2000 };

static int index_of(const char *name, bool makes)
{
    for (int i = 0; i < state.action_count; i++)
        if (!strcmp(state.actions[i].name, name)) return i;
    if (!makes || state.action_count == MOST_ACTIONS) return -1;
    Action *action = &state.actions[state.action_count];
    memset(action, 0, sizeof *action);
    snprintf(action->name, sizeof action->name, "%s", name);
    return state.action_count++;
}

/* As the real one, it says nothing about a path where there is nothing: no action ever works. */
static int32_t setActionManifestPath(const char *path)
{
    static char text[1 << 16];
    FILE *file = path[0] == '/' ? fopen(path, "r") : NULL;
    log_line("action-manifest %s %s", path, file ? "found" : "missing");
    if (!file) return 0;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    for (char *at = text; (at = strstr(at, "\"name\"")); at++) {
        char name[96];
        if (sscanf(at, "\"name\" : \"%95[^\"]\"", name) != 1) continue;
        if (!strstr(name, "/in/") && !strstr(name, "/out/")) continue;
        int i = index_of(name, true);
        if (i >= 0) state.actions[i].exists = true;
    }
    return 0;
}

static int32_t getActionSetHandle(const char *name, uint64_t *handle)
{
    (void)name;
    *handle = SET_HANDLE;
    return 0;
}

static int32_t getActionHandle(const char *name, uint64_t *handle)
{
    *handle = (uint64_t)(index_of(name, true) + 1);
    return 0;
}

static int32_t getInputSourceHandle(const char *path, uint64_t *handle)
{
    *handle = SOURCE_HANDLE + (strstr(path, "right") ? RIGHT_HAND : LEFT_HAND);
    return 0;
}

static int32_t updateActionState(const ActiveSet *sets, uint32_t size, uint32_t count)
{
    if (size != sizeof *sets || count != 1 || sets->set != SET_HANDLE) return INVALID_PARAMETER;
    if (state.traces) log_line("update-actions");
    for (int i = 0; i < state.action_count; i++) {
        Action *action = &state.actions[i];
        bool is_live = state.input_available && action->exists && action->is_bound;
        bool pressed = is_live && action->pressed;
        action->changed = pressed != action->state;
        action->state = pressed;
        action->shown_x = is_live ? action->x : 0;
        action->shown_y = is_live ? action->y : 0;
    }
    return 0;
}

static Action *action_from(uint64_t handle)
{
    return handle && handle <= (uint64_t)state.action_count ? &state.actions[handle - 1] : NULL;
}

static int32_t getDigitalActionData(uint64_t handle, Digital *data, uint32_t size, uint64_t device)
{
    (void)device;
    Action *action = action_from(handle);
    if (size != sizeof *data) return INVALID_PARAMETER;
    if (!action) return INVALID_HANDLE;
    *data = (Digital){.active = action->exists && action->is_bound, .state = action->state};
    data->changed = action->changed;
    return 0;
}

static int32_t getAnalogActionData(uint64_t handle, Analog *data, uint32_t size, uint64_t device)
{
    (void)device;
    Action *action = action_from(handle);
    if (size != sizeof *data) return INVALID_PARAMETER;
    if (!action) return INVALID_HANDLE;
    *data = (Analog){.active = action->exists && action->is_bound};
    data->x = action->shown_x;
    data->y = action->shown_y;
    return 0;
}

static int32_t triggerHapticVibrationAction(uint64_t handle, float start_s, float seconds, float hz,
                                            float strength, uint64_t device)
{
    (void)start_s;
    if (!action_from(handle)) return INVALID_HANDLE;
    const char *hand = device == SOURCE_HANDLE + RIGHT_HAND ? "right" : "left";
    log_line("pulse %s %.3f s %.0f Hz %.2f", hand, (double)seconds, (double)hz, (double)strength);
    return 0;
}

#define INPUT(DO, NOT) \
    DO(setActionManifestPath) DO(getActionSetHandle) DO(getActionHandle) \
    DO(getInputSourceHandle) DO(updateActionState) DO(getDigitalActionData) \
    DO(getAnalogActionData) NOT(getPoseActionDataRelativeToNow) \
    NOT(getPoseActionDataForNextFrame) NOT(getSkeletalActionData) NOT(getDominantHand) \
    NOT(setDominantHand) NOT(getBoneCount) NOT(getBoneHierarchy) NOT(getBoneName) \
    NOT(getSkeletalReferenceTransforms) NOT(getSkeletalTrackingLevel) NOT(getSkeletalBoneData) \
    NOT(getSkeletalSummaryData) NOT(getSkeletalBoneDataCompressed) \
    NOT(decompressSkeletalBoneData) DO(triggerHapticVibrationAction) NOT(getActionOrigins) \
    NOT(getOriginLocalizedName) NOT(getOriginTrackedDeviceInfo) NOT(getActionBindingInfo) \
    NOT(showActionOrigins) NOT(showBindingsForActionSet) NOT(getComponentStateForBinding) \
    NOT(isUsingLegacyInput) NOT(openBindingUI) NOT(getBindingVariant)
INPUT(NOTHING, STUB)
const Slot input_slots[] = {INPUT(SLOT, SLOT)};
const int input_count = COUNT(input_slots);
