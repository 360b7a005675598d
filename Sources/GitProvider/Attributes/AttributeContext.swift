/// All the attribute rules that hold in one directory, from every file that has a say there.
///
/// Never changes. Directories share one wherever the rules look at file names alone.
final class AttributeContext: Sendable {
  /// One line with a pattern.
  struct Rule: Sendable {
    let pattern: AttributePattern
    let assignments: [AttributeNames.Assignment]
  }

  /// The rules of one file.
  struct Layer: Sendable {
    /// How much of `path` leads to the directory of the file.
    let origin: Int
    /// In the order of the file: later ones override earlier ones.
    var rules: [Rule]

    init(_ lines: [AttributeLine], origin: Int, names: AttributeNames) {
      self.origin = origin
      rules = lines.compactMap { line in
        guard case .pattern(let bytes) = line.subject, let pattern = AttributePattern(bytes) else { return nil }
        let assignments = names.assignments(line.states)
        return assignments.isEmpty ? nil : Rule(pattern: pattern, assignments: assignments)
      }
    }

    /// What is left of the layer below a directory.
    init(_ layer: Layer, below path: [UInt8]) {
      origin = layer.origin
      rules = layer.rules.filter { !$0.pattern.matchesPath || $0.pattern.canMatch(below: path[layer.origin...]) }
    }
  }

  /// What this context is made of, as a hash. Equal in every view that has the same files and settings.
  let digest: [UInt8]
  let settings: ConversionSettings
  let names: AttributeNames
  /// From the least important to the most.
  let layers: [Layer]
  /// The directory as the layers see it, with a slash at its end. Empty where no rule looks at paths.
  let path: [UInt8]
  /// Whether some rule looks at paths.
  let needsPath: Bool
  /// Whether nothing here can ever have a say.
  let isEmpty: Bool
  /// Whether any file may be converted here. Rules without effect count as well: deeper ones may build on them.
  let converts: Bool

  private init(
    digest: [UInt8], settings: ConversionSettings, names: AttributeNames, layers: [Layer], path: [UInt8]
  ) {
    self.digest = digest
    self.settings = settings
    self.names = names
    self.layers = layers
    needsPath = layers.contains { $0.rules.contains { $0.pattern.matchesPath } }
    self.path = needsPath ? path : []
    let hasRules = layers.contains { !$0.rules.isEmpty }
    isEmpty = settings.autoCRLF != .on && !hasRules && !names.hasOwnMacros
    converts =
      settings.autoCRLF == .on
      || layers.contains { $0.rules.contains { Self.converts($0.assignments, settings) } }
      || hasRules && names.expansions.contains { Self.converts($0, settings) }
  }

  /// The rules for the top-level directory, whose own file has these lines.
  convenience init(digest: [UInt8], settings: ConversionSettings, top lines: [AttributeLine]) {
    let names = AttributeNames(macros: settings.outer + lines + settings.info)
    let layers = [settings.outer, lines, settings.info].map { Layer($0, origin: 0, names: names) }
    self.init(digest: digest, settings: settings, names: names, layers: layers, path: [])
  }

  /// The rules of a directory below `outer`, whose own file has these lines.
  convenience init(digest: [UInt8], outer: AttributeContext, lines: [AttributeLine]) {
    var layers = outer.layers
    // info/attributes stays the most important. Macros are defined at the top level only.
    let own = Layer(lines, origin: outer.path.count, names: outer.names)
    layers.insert(own, at: max(0, layers.count - 1))
    self.init(digest: digest, settings: outer.settings, names: outer.names, layers: layers, path: outer.path)
  }

  /// The rules that are left in a subdirectory of `outer`.
  convenience init(digest: [UInt8], outer: AttributeContext, subdirectory: some Collection<UInt8>) {
    let path = outer.path + subdirectory + CollectionOfOne(UInt8(ascii: "/"))
    self.init(
      digest: digest, settings: outer.settings, names: outer.names,
      layers: outer.layers.map { Layer($0, below: path) }, path: path)
  }

  private static func converts(_ assignments: [AttributeNames.Assignment], _ settings: ConversionSettings) -> Bool {
    assignments.contains { assignment in
      switch (assignment.number, assignment.setting) {
      case (AttributeNames.ident, .set), (AttributeNames.eol, .crlf): true
      case (AttributeNames.text, .set), (AttributeNames.text, .auto), (AttributeNames.crlf, .set),
        (AttributeNames.crlf, .auto):
        settings.textIsCRLF
      default: false
      }
    }
  }
}
