/// An optional value that is written as null where there is none, for fields that a contract promises.
@propertyWrapper
package struct ExplicitNull<Value: Codable & Sendable>: Codable, Sendable {
  /// The value, if there is one.
  package var wrappedValue: Value?

  /// A value, or none.
  package init(wrappedValue: Value?) {
    self.wrappedValue = wrappedValue
  }

  /// Reads a value or null.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  /// Writes a value or null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}
