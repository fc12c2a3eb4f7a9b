import HoldfastCore
import HoldfastFleet
import Logging

/// Everything the console answers.
struct Routes: Sendable {
    let all: [Route]

    init(
        fleet: Fleet, epoch: String, limits: ConsoleLimits, counters: ConsoleCounters,
        settings: SettingsInForce = SettingsInForce(), gatekeeper: Gatekeeper = Gatekeeper(tokens: []), logger: Logger
    ) {
        let health = HealthEndpoints(fleet: fleet, counters: counters)
        let accounts = AccountEndpoints(fleet: fleet)
        let actions = ActionEndpoints(fleet: fleet, logger: logger, limits: limits)
        let diagnoses = DiagnosisEndpoints(fleet: fleet)
        let events = EventEndpoint(fleet: fleet, epoch: epoch, limits: limits, counters: counters)
        let declarations = DeclarationEndpoints(fleet: fleet, actions: actions)
        let messages = MessageEndpoints(fleet: fleet, actions: actions)
        let letters = LetterEndpoints(fleet: fleet, actions: actions)
        let pauses = PauseEndpoints(fleet: fleet, actions: actions)
        let channels = ChannelEndpoints(fleet: fleet, actions: actions)
        let alerts = AlertEndpoints(fleet: fleet, actions: actions)
        let sessions = SessionEndpoints(gatekeeper: gatekeeper, actions: actions)
        let page = PageEndpoint()
        all =
            [
                Route(.get, "/", .open, handler: page.index),
                Route(.get, "/page/{file}", .open, handler: page.file),
                Route(.get, "/api/v1/openapi.json", .open, handler: page.reference),
                Route(.post, "/api/v1/session", .role(.viewer), handler: sessions.begin),
                Route(.delete, "/api/v1/session", .role(.viewer), handler: sessions.end),
                Route(.get, "/healthz", .open, handler: health.alive),
                Route(.get, "/readyz", .open, handler: health.ready),
                Route(.get, "/metrics", .role(.viewer), handler: health.metrics),
                Route(.get, "/api/v1/whoami", .role(.viewer), handler: CallerEndpoint().caller),
                Route(
                    .get, "/api/v1/fleet", .role(.viewer), parameters: FleetEndpoint.parameters,
                    handler: FleetEndpoint(fleet: fleet, epoch: epoch).picture),
                Route(
                    .get, "/api/v1/accounts", .role(.viewer), parameters: AccountEndpoints.listParameters,
                    handler: accounts.list),
                Route(.post, "/api/v1/accounts", .role(.admin), handler: declarations.add),
                Route(.get, "/api/v1/accounts/{id}", .role(.viewer), handler: accounts.one),
                Route(.delete, "/api/v1/accounts/{id}", .role(.admin), handler: declarations.remove),
                Route(
                    .put, "/api/v1/accounts/{id}/credential", .role(.admin), handler: declarations.setCredential),
                Route(
                    .get, "/api/v1/declarations", .role(.viewer), parameters: DeclarationEndpoints.listParameters,
                    handler: declarations.list),
                Route(
                    .get, "/api/v1/accounts/{id}/timeline", .role(.viewer),
                    parameters: AccountEndpoints.timelineParameters, handler: accounts.timeline),
                Route(.get, "/api/v1/accounts/{id}/diagnosis", .role(.viewer), handler: diagnoses.diagnosis),
                Route(
                    .get, "/api/v1/accounts/{id}/report", .role(.viewer),
                    parameters: DiagnosisEndpoints.reportParameters, handler: diagnoses.report),
                Route(.get, "/api/v1/settings", .role(.viewer), handler: SettingsEndpoint(settings: settings).list),
                Route(
                    .get, "/api/v1/audit", .role(.viewer), parameters: AuditEndpoint.parameters,
                    handler: AuditEndpoint(fleet: fleet).list),
                Route(.get, "/api/v1/events", .role(.viewer), handler: events.stream),
            ] + Self.correspondence(messages, letters, pauses) + Self.calls(alerts, channels)
            + SessionCommand.allCases.flatMap { action in
                [
                    Route(
                        .post, "/api/v1/accounts/{id}/\(action.rawValue)", .role(.operator),
                        handler: actions.one(action)),
                    Route(
                        .post, "/api/v1/accounts:\(action.rawValue)", .role(.operator), handler: actions.many(action)),
                ]
            }
    }

    /// What comes, what goes, and what got stuck on the way.
    private static func correspondence(
        _ messages: MessageEndpoints, _ letters: LetterEndpoints, _ pauses: PauseEndpoints
    ) -> [Route] {
        [
            Route(.post, "/api/v1/accounts/{id}/messages", .role(.operator), handler: messages.send),
            Route(.get, "/api/v1/accounts/{id}/messages/{message}", .role(.viewer), handler: messages.one),
            Route(
                .get, "/api/v1/letters", .role(.viewer), parameters: LetterEndpoints.listParameters,
                handler: letters.list),
            Route(.get, "/api/v1/letters/{letter}", .role(.viewer), handler: letters.one),
            Route(.delete, "/api/v1/letters/{letter}", .role(.operator), handler: letters.remove),
            Route(.post, "/api/v1/letters/{letter}/replay", .role(.operator), handler: letters.replay),
            Route(
                .get, "/api/v1/pauses", .role(.viewer), parameters: PauseEndpoints.listParameters,
                handler: pauses.list),
            Route(.post, "/api/v1/pauses", .role(.operator), handler: pauses.add),
            Route(.delete, "/api/v1/pauses/{account}/{chat}", .role(.operator), handler: pauses.lift),
        ]
    }

    /// For what people are needed, and how they are told.
    private static func calls(_ alerts: AlertEndpoints, _ channels: ChannelEndpoints) -> [Route] {
        [
            Route(.get, "/api/v1/channels", .role(.viewer), handler: channels.list),
            Route(.post, "/api/v1/channels/{name}/test", .role(.operator), handler: channels.test),
            Route(
                .get, "/api/v1/alerts", .role(.viewer), parameters: AlertEndpoints.listParameters,
                handler: alerts.list),
            Route(.get, "/api/v1/alerts/{id}", .role(.viewer), handler: alerts.one),
            Route(
                .get, "/api/v1/silences", .role(.viewer), parameters: AlertEndpoints.silenceParameters,
                handler: alerts.silences),
            Route(.post, "/api/v1/silences", .role(.operator), handler: alerts.silence),
            Route(.delete, "/api/v1/silences/{id}", .role(.operator), handler: alerts.remove),
        ]
    }
}
