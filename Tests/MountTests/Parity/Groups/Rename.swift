extension ScenarioGroup {
  /// rename(2), renameat(2), renameat2(2).
  static let rename = """
    scenario a file to a new name
    ino file before
    rename file new
    ino new after
    same before after
    cat new
    stat file
    stat new type,mode,nlink,size,uid,gid

    scenario a file onto another
    rename file dir/inner
    cat dir/inner
    stat file
    list dir

    """
}
