/// A provider whose names are the same in upper and lower case, as on Windows.
///
/// In its projections a name is found however it is spelled, shown as the provider or the user spelled it first, and two
/// names that differ in case only cannot stand beside each other.
public protocol CaseInsensitiveProvider: ContentProvider {
  /// What two spellings of one name have in common. By default the lower case of its characters, as Unicode has it; of a
  /// name that is not UTF-8, that of its ASCII letters.
  func folded(_ name: [UInt8]) -> [UInt8]
}

extension CaseInsensitiveProvider {
  /// The lower case of a name.
  public func folded(_ name: [UInt8]) -> [UInt8] {
    if name.allSatisfy({ $0 < 0x80 }) || String(validating: name, as: UTF8.self) == nil {
      return name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
    return Array(String(decoding: name, as: UTF8.self).lowercased().utf8)
  }
}
