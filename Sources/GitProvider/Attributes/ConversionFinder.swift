/// Finds the conversions of the files of one directory, one after the other.
struct ConversionFinder {
  private let context: AttributeContext
  private var path: [UInt8]
  private var settings: [AttributeSetting]
  private var undecided = 0
  private var expanding: [(assignments: [AttributeNames.Assignment], left: Int)] = []

  init(_ context: AttributeContext) {
    self.context = context
    path = context.path
    settings = Array(repeating: .undecided, count: context.names.count)
  }

  /// The conversion of the file with this name.
  mutating func conversion(of name: UnsafeRawBufferPointer) -> Conversion {
    guard context.converts else { return .none }
    undecided = settings.count
    for number in settings.indices { settings[number] = .undecided }
    if context.needsPath {
      path.removeSubrange(context.path.count...)
      path.append(contentsOf: name)
    }
    // From the most important line to the least: the first to say something of an attribute decides.
    for layer in context.layers.reversed() where undecided > 0 {
      for rule in layer.rules.reversed() where undecided > 0 && matches(rule.pattern, in: layer, name) {
        apply(rule.assignments)
      }
    }
    return Conversion(
      text: settings[AttributeNames.text], crlf: settings[AttributeNames.crlf], eol: settings[AttributeNames.eol],
      ident: settings[AttributeNames.ident], settings: context.settings)
  }

  private func matches(
    _ pattern: AttributePattern, in layer: AttributeContext.Layer, _ name: UnsafeRawBufferPointer
  ) -> Bool {
    guard pattern.matchesPath else { return pattern.matches(name) }
    return path.withUnsafeBytes { pattern.matches(UnsafeRawBufferPointer(rebasing: $0[layer.origin...])) }
  }

  /// Within a line, too, the last word decides; a macro counts where it stands. Without recursion: a repository may
  /// chain as many macros as it likes.
  private mutating func apply(_ assignments: [AttributeNames.Assignment]) {
    expanding.append((assignments, assignments.count))
    while let top = expanding.popLast() {
      guard top.left > 0 else { continue }
      expanding.append((top.assignments, top.left - 1))
      let assignment = top.assignments[top.left - 1]
      guard settings[assignment.number] == .undecided else { continue }
      settings[assignment.number] = assignment.setting
      undecided -= 1
      let expansion = context.names.expansions[assignment.number]
      if assignment.setting == .set, !expansion.isEmpty { expanding.append((expansion, expansion.count)) }
    }
  }
}
