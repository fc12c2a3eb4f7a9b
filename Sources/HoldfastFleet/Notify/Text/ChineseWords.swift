import HoldfastCore

/// Notifications in Simplified Chinese.
struct ChineseWords: NotificationWords {
    let test = "【测试】Holdfast 可以在这里通知您，一切正常"

    func subject(_ notification: AlertNotification, headline: String) -> String {
        let grade = notification.severity == .critical ? "严重" : "警告"
        switch notification.kind {
        case .firing: return "【\(grade)】\(headline)"
        case .repeat: return "【仍为\(grade)】\(headline)"
        case .resolved: return "【已恢复】\(headline)"
        }
    }

    func headline(_ notification: AlertNotification) -> String {
        let place = notification.cause.endpoint
        let who = notification.account.map { "账号 \($0) " } ?? "\(place) 的 \(notification.affected) 个账号"
        switch notification.cause.kind {
        case .fleet: return "整个集群：\(trouble(notification))"
        case .endpoint: return "\(place)：\(trouble(notification))"
        case .accountDown: return "\(who)已掉线"
        case .accountQuarantined: return "\(who)已被隔离"
        case .accountFlapping: return "\(who)反复掉线"
        case .accountSlow: return "\(who)响应缓慢"
        case .storeDown: return "存储无法写入"
        case .descriptors: return "文件描述符已用尽"
        }
    }

    private func trouble(_ notification: AlertNotification) -> String {
        let value = notification.figures.first.map { number($0.value, $0.rule.unit) } ?? ""
        switch notification.rule {
        case .heartbeatMisses: return "\(value) 的心跳没有得到回应"
        case .connectFailures: return "\(value) 的连接尝试失败"
        case .slowReplies: return "心跳平均 \(value) 后才得到回应"
        default: return "\(notification.accounts) 个账号中有 \(notification.affected) 个掉线"
        }
    }

    func time(_ notification: AlertNotification) -> NotificationText.Fact {
        guard let end = notification.endsAt else {
            return .init(
                name: "开始时间",
                value: "\(clock(notification.startsAt))，已持续 \(span(notification.at.since(notification.startsAt)))")
        }
        return .init(
            name: "持续时间",
            value: "\(span(end.since(notification.startsAt)))，从 \(clock(notification.startsAt)) 到 \(clock(end))")
    }

    func figure(_ figure: AlertFigure) -> NotificationText.Fact {
        func value(_ samples: String) -> String {
            "\(number(figure.value, figure.rule.unit))（界限 \(number(figure.threshold, figure.rule.unit))"
                + (figure.samples > 0 ? "，共 \(figure.samples) \(samples)）" : "）")
        }
        switch figure.rule {
        case .connectedShare: return .init(name: "已连接账号", value: value("个账号"))
        case .heartbeatMisses: return .init(name: "心跳丢失率", value: value("次心跳"))
        case .connectFailures: return .init(name: "连接失败率", value: value("次尝试"))
        case .slowReplies, .accountSlow: return .init(name: "平均响应时间", value: value("次响应"))
        case .accountDown: return .init(name: "最长掉线时间", value: value("个账号"))
        case .accountQuarantined: return .init(name: "已隔离", value: value("个账号"))
        case .accountFlapping: return .init(name: "10 分钟内掉线次数", value: value("个账号"))
        case .storeDown: return .init(name: "存储", value: "无法写入")
        case .descriptors: return .init(name: "缺少描述符的尝试", value: value("次尝试"))
        }
    }

    func accounts(_ sample: [String], more: Int) -> NotificationText.Fact {
        .init(name: "账号", value: sample.joined(separator: "、") + (more > 0 ? "，以及另外 \(more) 个" : ""))
    }

    func detail(_ text: String) -> NotificationText.Fact { .init(name: "原因", value: text) }

    func alert(_ id: String) -> NotificationText.Fact { .init(name: "告警编号", value: id) }

    func advice(for cause: AlertCause.Kind) -> String {
        switch cause {
        case .fleet: "多个端点同时出现问题：请先检查它们共用的部分，首先是本机网络。详情见 `holdfast doctor`。"
        case .endpoint: "请检查网关以及到网关的网络。Holdfast 会自动继续重试，期间不会丢失任何内容。详情见 `holdfast doctor`。"
        case .accountDown: "`holdfast doctor 账号` 会说明原因以及接下来的自动处理。"
        case .accountQuarantined:
            "自动恢复已停止。请查看 `holdfast doctor 账号`，更换有效的凭证，或解除隔离：`holdfast accounts release 账号`。"
        case .accountFlapping: "请查看 `holdfast timeline 账号` 中的代码。同一账号在两处登录会互相踢下线。"
        case .accountSlow: "只有这些账号的网关或线路较慢。请查看 `holdfast timeline 账号`。"
        case .storeDown: "请检查磁盘是否已满或变为只读。会话会保持，但在恢复写入之前不会确认任何消息。"
        case .descriptors: "请提高上限（服务的 LimitNOFILE=），或拆分集群。"
        }
    }

    private func span(_ duration: Duration) -> String {
        duration.largestUnits.map { "\($0.count) \(["天", "小时", "分钟", "秒"][$0.unit])" }.joined(separator: " ")
    }
}
