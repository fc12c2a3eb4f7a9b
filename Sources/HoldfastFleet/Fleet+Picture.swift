extension Fleet {
    /// Every account in brief, or, for a viewer that has an earlier picture, those that have changed since. It is made from the
    /// read model: no lane is asked.
    public func picture(since place: FleetPicture.Place? = nil) -> FleetPicture {
        let board = board.snapshot
        let directory = roster.directory
        let seen = place.flatMap { place in
            place.directory == directory.version && place.report <= board.reports ? place.report : nil
        }
        var accounts: [FleetPicture.Brief] = []
        if seen == nil { accounts.reserveCapacity(directory.entries.count) }
        for entry in directory.entries {
            if let seen, board.lastChange(entry.key) <= seen { continue }
            let row = board.row(entry.key)
            accounts.append(
                FleetPicture.Brief(
                    id: entry.account.id, state: row.state, status: row.status, health: row.health,
                    failures: row.failures, failureClass: row.failureClass, endpoint: entry.account.endpoint))
        }
        let pulses = board.pulses.samples(after: place?.pulse ?? 0)
        return FleetPicture(
            place: FleetPicture.Place(
                directory: directory.version, report: board.reports,
                pulse: pulses.last?.number ?? place?.pulse ?? 0),
            isWhole: seen == nil, accounts: accounts, endpoints: endpointPictures(board), totals: board.totals,
            pulses: pulses)
    }

    private func endpointPictures(_ board: Board.State) -> [EndpointPicture] {
        let gate = Dictionary(board.gate.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return endpoints.names.enumerated().map { number, name in
            var picture = EndpointPicture(endpoint: name)
            if board.endpoints.indices.contains(number) {
                for lane in board.endpoints[number].lanes { picture.connected += lane.connected }
            }
            if let status = gate[name] {
                picture.waiting = status.waiting
                picture.handshaking = status.handshaking
                picture.failing = status.failing
                picture.breaker = status.breaker
            }
            return picture
        }
    }
}
