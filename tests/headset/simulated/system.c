/* IVRSystem: the headset's optics, devices, events. */
#include "runtime.h"

#include <string.h>

static void getRecommendedRenderTargetSize(uint32_t *width, uint32_t *height)
{
    *width = state.width;
    *height = state.height;
}

/* As the real one: what it calls top is the tangent downwards, and negative. */
static void getProjectionRaw(int32_t eye, float *left, float *right, float *top, float *bottom)
{
    const float *tangents = state.tangents[eye == RIGHT];
    *left = tangents[0];
    *right = tangents[1];
    *top = tangents[2];
    *bottom = tangents[3];
}

static Matrix34 getEyeToHeadTransform(int32_t eye) { return state.head_from_eye[eye == RIGHT]; }

static bool getTimeSinceLastVsync(float *seconds, uint64_t *frame)
{
    *seconds = state.paces ? (float)(now_s() - state.vsync_s) : 0;
    if (frame) *frame = state.frame;
    return state.paces;
}

static int32_t getTrackedDeviceActivityLevel(uint32_t device)
{
    return device == HMD ? state.activity : -1;
}

static uint32_t getTrackedDeviceIndexForControllerRole(int32_t role)
{
    return role >= LEFT_HAND && role <= RIGHT_HAND && state.connected[role] ? (uint32_t)role : ~0u;
}

static int32_t getTrackedDeviceClass(uint32_t device)
{
    return device == HMD ? 1 : device < DEVICES ? 2 : 0;
}

static bool isTrackedDeviceConnected(uint32_t device)
{
    return device < DEVICES && state.connected[device];
}

static float getFloatTrackedDeviceProperty(uint32_t device, int32_t property, int32_t *error)
{
    bool is_known = device == HMD && (property == 2002 || property == 2001);
    if (error) *error = is_known ? 0 : 4; /* UnknownProperty */
    return !is_known ? 0 : property == 2002 ? state.hz : state.photons_s;
}

static uint32_t getStringTrackedDeviceProperty(uint32_t device, int32_t property, char *buffer,
                                               uint32_t size, int32_t *error)
{
    const char *text = device == HMD && property == 1001 ? state.model
        : device == HMD && property == 1005 ? "DepthFusion" : NULL;
    uint32_t wanted = text ? (uint32_t)strlen(text) + 1 : 0;
    if (error) *error = !text ? 4 : size < wanted ? 3 : 0; /* UnknownProperty, BufferTooSmall */
    if (text && size >= wanted) memcpy(buffer, text, wanted);
    return wanted;
}

static bool pollNextEvent(Event *event, uint32_t size)
{
    come_to("poll");
    if (state.events_begin == state.events_end) return false;
    memcpy(event, &state.events[state.events_begin++ % MOST_EVENTS],
           size < sizeof *event ? size : sizeof *event);
    return true;
}

static HiddenMesh getHiddenAreaMesh(int32_t eye, int32_t type)
{
    HiddenMesh mesh = {0};
    eye = eye == RIGHT;
    if (type == 0 && state.triangles[eye]) {
        mesh.vertices = state.mesh[eye];
        mesh.triangles = state.triangles[eye];
    }
    return mesh;
}

static bool isInputAvailable(void) { return state.input_available; }
static bool shouldApplicationPause(void) { return state.should_pause; }

static void acknowledgeQuit_Exiting(void)
{
    log_line("acknowledge-quit");
    state.quit_acknowledged = true;
}

static const char *getRuntimeVersion(void) { return "2.12.14-pretended"; }

#define SYSTEM(DO, NOT) \
    DO(getRecommendedRenderTargetSize) NOT(getProjectionMatrix) DO(getProjectionRaw) \
    NOT(computeDistortion) DO(getEyeToHeadTransform) DO(getTimeSinceLastVsync) \
    NOT(getD3D9AdapterIndex) NOT(getDXGIOutputInfo) NOT(getOutputDevice) \
    NOT(isDisplayOnDesktop) NOT(setDisplayVisibility) NOT(getDeviceToAbsoluteTrackingPose) \
    NOT(getSeatedZeroPoseToStandingAbsoluteTrackingPose) \
    NOT(getRawZeroPoseToStandingAbsoluteTrackingPose) \
    NOT(getSortedTrackedDeviceIndicesOfClass) DO(getTrackedDeviceActivityLevel) \
    NOT(applyTransform) DO(getTrackedDeviceIndexForControllerRole) \
    NOT(getControllerRoleForTrackedDeviceIndex) DO(getTrackedDeviceClass) \
    DO(isTrackedDeviceConnected) NOT(getBoolTrackedDeviceProperty) \
    DO(getFloatTrackedDeviceProperty) NOT(getInt32TrackedDeviceProperty) \
    NOT(getUint64TrackedDeviceProperty) NOT(getMatrix34TrackedDeviceProperty) \
    NOT(getArrayTrackedDeviceProperty) DO(getStringTrackedDeviceProperty) \
    NOT(getPropErrorNameFromEnum) DO(pollNextEvent) NOT(pollNextEventWithPose) \
    NOT(pollNextEventWithPoseAndOverlays) NOT(getEventTypeNameFromEnum) \
    DO(getHiddenAreaMesh) NOT(getControllerState) NOT(getControllerStateWithPose) \
    NOT(triggerHapticPulse) NOT(getButtonIdNameFromEnum) \
    NOT(getControllerAxisTypeNameFromEnum) DO(isInputAvailable) \
    NOT(isSteamVRDrawingControllers) DO(shouldApplicationPause) \
    NOT(shouldApplicationReduceRenderingWork) NOT(performFirmwareUpdate) \
    DO(acknowledgeQuit_Exiting) NOT(getAppContainerFilePaths) DO(getRuntimeVersion)
SYSTEM(NOTHING, STUB)
const Slot system_slots[] = {SYSTEM(SLOT, SLOT)};
const int system_count = COUNT(system_slots);
