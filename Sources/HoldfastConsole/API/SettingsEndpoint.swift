import Hummingbird

/// `GET /api/v1/settings`: what the process runs with, without secrets.
struct SettingsEndpoint: Sendable {
    let settings: SettingsInForce

    @Sendable func list(_ call: Call) async throws -> Response {
        .json { json in
            json.array("settings", settings.all) { json, setting in
                json.object { json in
                    json.field("key", setting.key)
                    json.field("value", setting.value)
                    json.field("preset", setting.preset)
                    json.field("set", setting.isSet)
                }
            }
        }
    }
}
