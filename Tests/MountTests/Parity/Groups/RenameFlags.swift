extension ScenarioGroup {
  /// renameat2(2).
  static let renameFlags = ScenarioGroup(
    name: "renameat2",
    script: """
      scenario no flags
      renameat2 file new -
      renameat2 new empty -
      list .

      scenario NOREPLACE to a new name
      ino file before
      renameat2 file new NOREPLACE
      ino new after
      same before after
      cat new
      renameat2 dir dir2 NOREPLACE
      list dir2
      renameat2 link link2 NOREPLACE
      readlink link2

      scenario NOREPLACE onto something
      renameat2 file empty NOREPLACE
      renameat2 file dir NOREPLACE
      renameat2 file link NOREPLACE
      renameat2 file dangling NOREPLACE
      renameat2 dir file NOREPLACE
      renameat2 dir other NOREPLACE
      renameat2 file file NOREPLACE
      renameat2 missing file NOREPLACE
      renameat2 missing new NOREPLACE
      renameat2 dir dir/sub/new NOREPLACE
      renameat2 . new NOREPLACE
      renameat2 file . NOREPLACE
      renameat2 file @name256 NOREPLACE
      list .

      scenario NOREPLACE to a name that was removed
      unlink empty
      renameat2 file empty NOREPLACE
      cat empty
      renameat2 empty file NOREPLACE
      cat file
      unlink dir/inner
      unlink dir/sub/deep
      rmdir dir/sub
      rmdir dir
      renameat2 other dir NOREPLACE
      list dir

      scenario NOREPLACE onto another hard link
      link file file2
      renameat2 file file2 NOREPLACE
      stat file nlink

      scenario EXCHANGE two files
      ino file f
      ino empty e
      renameat2 file empty EXCHANGE
      ino file f2
      ino empty e2
      same f e2
      same e f2
      cat file
      cat empty
      list .

      scenario EXCHANGE a file and a directory
      renameat2 file dir EXCHANGE
      cat dir
      list file
      cat file/sub/deep
      renameat2 dir file EXCHANGE
      cat file
      list dir

      scenario EXCHANGE a file and a symbolic link
      renameat2 file link EXCHANGE
      readlink file
      lstat link type
      cat link
      renameat2 dangling empty EXCHANGE
      readlink empty
      lstat dangling type,size

      scenario EXCHANGE two directories with something in them
      renameat2 dir other EXCHANGE
      list dir
      list other
      cat other/sub/deep
      cat dir/kept

      scenario EXCHANGE between directories
      renameat2 dir/inner other/kept EXCHANGE
      cat dir/inner
      cat other/kept
      renameat2 dir/sub file EXCHANGE
      list dir
      list file
      ino . home
      ino file/.. parent
      same home parent

      scenario EXCHANGE with a new file
      put new 0600 new
      renameat2 new file EXCHANGE
      cat file
      stat file mode
      cat new
      stat new mode
      unlink new
      cat file
      list .

      scenario EXCHANGE counts the links of directories
      mkdir one 0755
      mkdir two 0755
      mkdir one/sub 0755
      put two/file 0644
      each one,two stat {} nlink
      renameat2 one/sub two/file EXCHANGE
      each one,two stat {} nlink
      list one
      list two

      scenario EXCHANGE with what is not there
      renameat2 file missing EXCHANGE
      renameat2 missing file EXCHANGE
      renameat2 missing missing EXCHANGE
      renameat2 file missing/x EXCHANGE
      renameat2 file empty/x EXCHANGE
      renameat2 dangling missing EXCHANGE

      scenario EXCHANGE a directory with what is in it
      renameat2 dir dir/sub EXCHANGE
      renameat2 dir/sub dir EXCHANGE
      renameat2 dir dir/inner EXCHANGE
      renameat2 dir/inner dir EXCHANGE
      renameat2 dir/sub/deep dir EXCHANGE
      renameat2 . dir EXCHANGE
      renameat2 dir .. EXCHANGE
      list dir

      scenario EXCHANGE something with itself
      renameat2 file file EXCHANGE
      renameat2 dir dir EXCHANGE
      link file file2
      renameat2 file file2 EXCHANGE
      stat file nlink
      stat file2 nlink

      scenario EXCHANGE keeps open files open
      open file O_RDWR -> f
      open empty O_RDWR -> e
      renameat2 file empty EXCHANGE
      write f FIRST
      write e other
      cat file
      cat empty
      fstat f nlink,size
      fstat e nlink,size

      scenario flags that do not go together
      renameat2 file empty NOREPLACE,EXCHANGE
      renameat2 file new UNKNOWN
      renameat2 file new WHITEOUT,EXCHANGE
      renameat2 missing new NOREPLACE,EXCHANGE
      list .

      scenario permissions of EXCHANGE
      chmod . 0755
      chmod dir 0777
      as 1001 renameat2 file empty EXCHANGE
      as 1001 renameat2 file dir/inner EXCHANGE
      chmod . 01777
      as 1001 renameat2 file empty EXCHANGE
      as 1001 put mine 0644
      as 1001 renameat2 mine empty EXCHANGE
      as 1001 renameat2 empty mine EXCHANGE
      as 1001 put mine2 0644
      as 1001 renameat2 mine mine2 EXCHANGE

      scenario relative to open directories
      open dir O_RDONLY,O_DIRECTORY -> one
      open other O_RDONLY,O_DIRECTORY -> two
      at one,two renameat2 inner kept EXCHANGE
      at one,two renameat2 inner kept NOREPLACE
      at one,two renameat2 inner new NOREPLACE
      list dir
      list other

      """)
}
