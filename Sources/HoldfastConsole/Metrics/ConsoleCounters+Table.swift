import HoldfastFleet

extension MetricTable {
    /// What the console counts about itself.
    mutating func add(_ values: ConsoleCounters.Values) {
        counter(
            "holdfast_http_requests_total", "Requests answered, by status.",
            values.requests.sorted { $0.key < $1.key }.map {
                MetricSample([("status", String($0.key))], Double($0.value))
            })
        counter(
            "holdfast_http_timeouts_total", "Connections closed because the other side was too slow.",
            [
                MetricSample([("side", "request")], Double(values.requestsTimedOut)),
                MetricSample([("side", "answer")], Double(values.connectionsStalled)),
            ])
        gauge("holdfast_viewers", "Viewers of the event stream.", Double(values.viewers))
        counter(
            "holdfast_viewers_refused_total", "Viewers turned away because there were enough.", values.viewersRefused)
        counter(
            "holdfast_http_limited_total", "Requests refused because there were too many of their caller.",
            values.requestsLimited)
        counter(
            "holdfast_viewers_dropped_total", "Viewers dropped because they did not keep up.", values.viewersDropped)
        counter(
            "holdfast_event_gaps_total", "Viewers that came back for events which were no longer kept.",
            values.eventGaps)
    }
}
