internal import Control

/// Bars, drawn without a script.
enum ReportCharts {
  private static let (width, height) = (640.0, 120.0)

  /// How many took how long: `counts` by powers of two of a microsecond.
  static func latencies(_ counts: [Int], _ title: String) -> String {
    // From the first that is not empty, so that what there is has room.
    let first = counts.firstIndex { $0 > 0 } ?? 0
    let bars = counts.indices.dropFirst(first).map { power in
      let limit = power < 63 ? Format.microseconds(UInt64(1) << UInt64(power)) : "more"
      return (label: limit, count: Int64(counts[power]), told: "at most \(limit): \(Format.count(counts[power]))")
    }
    return chart(bars, title, maxWidth: 48)
  }

  /// How much was fetched when.
  static func timeline(_ timeline: StatsReport.Timeline) -> String {
    let bars = timeline.hydrations.indices.map { index in
      let time = Format.duration(Double(Int64(index) &* timeline.spanSeconds))
      let bytes = index < timeline.bytes.count ? timeline.bytes[index] : 0
      return (
        label: time, count: bytes,
        told: "\(time) after the mount: \(Format.count(timeline.hydrations[index])) contents, \(Format.bytes(bytes))"
      )
    }
    return chart(bars, "Bytes fetched since the mount, in spans of \(timeline.spanSeconds) s", maxWidth: 24)
  }

  private static func chart(
    _ bars: [(label: String, count: Int64, told: String)], _ title: String, maxWidth: Double
  ) -> String {
    guard let most = bars.map(\.count).max(), most > 0 else { return "<p class=\"note\">Nothing yet.</p>\n" }
    let step = min(maxWidth, width / Double(bars.count))
    // About eight labels have room.
    let every = max(1, Int((80 / step).rounded(.up)))
    var drawn = ""
    for (place, bar) in bars.enumerated() {
      let tall = bar.count == 0 ? 0 : max(2, Double(bar.count) / Double(most) * height)
      let left = Double(place) * step
      drawn +=
        "<rect x=\"\(number(left))\" y=\"\(number(height - tall))\" width=\"\(number(max(0.5, step - min(2, step / 4))))\""
        + " height=\"\(number(tall))\"><title>\(HTML.text(bar.told))</title></rect>\n"
      if place % every == 0 {
        drawn += "<text x=\"\(number(left))\" y=\"\(number(height + 16))\">\(HTML.text(bar.label))</text>\n"
      }
    }
    return
      "<svg class=\"chart\" viewBox=\"0 0 \(number(width + 60)) \(number(height + 22))\" role=\"img\" aria-label=\""
      + "\(HTML.text(title))\">\n\(drawn)<path d=\"M0 \(number(height))H\(number(width))\"/>\n</svg>\n"
  }

  private static func number(_ value: Double) -> String { Format.decimal(value) }
}
