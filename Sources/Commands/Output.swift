internal import Control
internal import Glibc

/// Prints a value as JSON, for programs.
func printJSON(_ value: some Encodable) throws {
  let bytes = try JSON.encode(value, pretty: true)
  print(String(decoding: bytes, as: UTF8.self))
}

extension String {
  /// Filled up with spaces on the right.
  func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// Filled up on the left, with spaces by default.
  func padding(left width: Int, with filler: Character = " ") -> String {
    String(repeating: filler, count: max(0, width - count)) + self
  }
}

/// Numbers as people read them.
enum Format {
  /// A number of bytes with a binary unit, such as `3.4 MiB`.
  static func bytes(_ count: Int64) -> String {
    var value = Double(count)
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if value < 1024 || unit == "GiB" { return unit == "B" ? "\(count) B" : "\(oneDecimal(value)) \(unit)" }
      value /= 1024
    }
    return "\(count) B"
  }

  /// A number with its thousands apart, such as `100,007`.
  static func count(_ value: some BinaryInteger) -> String {
    let digits = String(value)
    var result = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0, digit.isNumber { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// A share of a whole, such as `12.5%`. Only nothing is 0%, and only all of it 100%.
  static func percent(_ part: some BinaryInteger, of whole: some BinaryInteger) -> String {
    if part == 0 || whole == 0 { return "0%" }
    let share = Double(part) / Double(whole) * 100
    if part == whole { return "100%" }
    if share < 0.1 { return "<0.1%" }
    return "\(oneDecimal(share < 100 ? min(share, 99.9) : share))%"
  }

  /// Microseconds with a unit that fits, such as `1.2 ms`.
  static func microseconds(_ value: UInt64) -> String {
    switch value {
    case ..<1000: "\(value) µs"
    case ..<1_000_000: "\(oneDecimal(Double(value) / 1000)) ms"
    default: "\(oneDecimal(Double(value) / 1_000_000)) s"
    }
  }

  /// Seconds as days, hours, minutes.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds)
    switch whole {
    case ..<60: return "\(oneDecimal(seconds)) s"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    case ..<86_400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }
  }

  /// A number with one digit behind the point.
  static func decimal(_ value: Double) -> String { oneDecimal(value) }

  private static func oneDecimal(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    let whole = Int64(tenths / 10)
    return "\(whole).\(Int64(tenths) - whole * 10)"
  }
}
