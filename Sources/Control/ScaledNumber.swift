/// Numbers with a unit behind them, as people write them.
enum ScaledNumber {
  /// The number times what its unit, in upper or lower case, stands for in `factors`; nil where `text` is something else, or
  /// the product is too large.
  static func value(of text: String, _ factors: [String: Int64]) -> Int64? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let factor = factors[text.dropFirst(digits.count).lowercased()], let number = Int64(digits) else {
      return nil
    }
    let (value, isTooLarge) = number.multipliedReportingOverflow(by: factor)
    return isTooLarge ? nil : value
  }
}
