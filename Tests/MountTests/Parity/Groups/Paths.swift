extension ScenarioGroup {
  /// path_resolution(7), and which file it is that a name leads to.
  static let paths = ScenarioGroup(
    name: "paths",
    script: """
      scenario dots and slashes
      ino dir one
      each .//dir,dir/.,dir/sub/..,./././dir,dir//,other/../dir ino {} {}
      each .//dir,dir/.,dir/sub/..,./././dir,dir//,other/../dir same {} one
      each file/.,file/..,missing/..,missing/.,link/.,dangling/.. stat {} type
      each file/,link/,dangling/,to-dir/,dir/,empty/ stat {} type
      each file/,link/,dangling/,to-dir/,dir/,empty/ lstat {} type
      stat @empty

      scenario names that are too long
      each @name255,@name256,dir/@name255,dir/@name256,@name255/x,@name256/x stat {}
      each @path4095:file,@path4096:file,@path4095:dir/inner stat {} type
      each @name255,@name256 lstat {}
      open @name255 O_CREAT
      stat @name255 type
      stat @name255/x

      scenario the case of letters counts
      each FILE,File,DIR/inner,dir/INNER stat {}
      put FILE 0644 upper
      cat file
      cat FILE
      mkdir DIR
      list .

      scenario the number of a file
      ino file before
      chmod file 0600
      ino file a
      same before a
      open file O_WRONLY -> h
      write h FIRST
      fino h b
      same before b
      close h
      ino file c
      same before c
      truncate file 3
      ino file d
      same before d
      rename file new
      ino new e
      same before e
      chown new 1001 -
      ino new f
      same before f
      link new linked
      ino linked g
      same before g
      setxattr new user.a b
      ino new h
      same before h

      scenario the number of a directory
      ino dir before
      put dir/new 0644
      ino dir a
      same before a
      unlink dir/inner
      chmod dir 0700
      ino dir b
      same before b
      rename dir new
      ino new c
      same before c
      ino . home
      ino new/.. d
      same home d

      scenario the number of a link
      ino link before
      lchown link 1001 -
      ino link a
      same before a
      rename link new
      ino new b
      same before b
      utimensat new 5 5 NOFOLLOW
      ino new c
      same before c

      scenario everything has a number of its own
      each file,empty,big,tool,link,dangling,to-dir,dir,dir/inner,dir/sub,other ino {} {}
      same file empty
      same dir other
      same dir dir/sub
      same link file
      same big tool
      each file,empty,big,tool,link,dangling,to-dir,dir,dir/inner,dir/sub lstat {} type,mode,uid,gid
      each file,empty,big,tool,link,dangling,to-dir,dir/inner lstat {} size,nlink

      scenario blocks
      each file,empty,big,tool stat {} blocks
      put new 0644 x
      open new O_WRONLY -> h
      fsync h
      stat new blocks,size
      symlink @fill59:x short
      lstat short blocks,size

      scenario a working directory
      chdir dir
      stat inner type
      chdir sub
      getcwd
      stat ../inner type
      chdir ../../other
      getcwd
      each missing,file,link,dangling,@empty,@name256 chdir {}
      chdir ..
      each file,file/x,missing,dangling,@name256 chdir {}
      open dir O_RDONLY -> d
      fchdir d
      getcwd
      open inner O_RDONLY -> f
      fchdir f
      chdir ..
      chdir to-dir
      getcwd
      chdir ..
      chmod dir 0600
      as 1001 chdir dir
      as 1001 fchdir d
      as 1001 chdir dir/sub

      scenario relative to handles
      open dir O_RDONLY -> d
      open dir O_PATH -> p
      open file O_RDONLY -> f
      at d stat inner type
      at p stat inner type
      at f stat inner type
      at d mkdir new
      at p symlink x new/link
      at d open new/file O_CREAT
      at f mkdir new
      at d readlink new/link
      at d unlink new/link
      at d chmod inner 0600
      at d chown inner 1001 1001
      at d access inner R
      at d mkfifo new/p 0644
      at d utimensat inner 5 6
      at d stat .. type
      at d stat inner mode,uid,mtime
      at d list new
      rename dir moved
      at d stat inner type
      at d open sub/deep O_RDONLY

      scenario a name that changes its kind
      unlink file
      mkdir file
      put file/x 0644 text
      cat file/x
      rename file/x x
      rmdir file
      symlink x file
      cat file
      unlink file
      put file 0644 again
      cat file
      cat link

      scenario missing names do not stay missing
      each new,dir/new,missing/new stat {}
      put new 0644 text
      mkdir missing
      put missing/new 0644 text
      rename missing/new dir/new
      each new,dir/new,missing/new stat {} size
      peer unlink new
      stat new
      peer put new 0644 longer-text
      stat new size
      cat new

      scenario what another process changes is seen at once
      each file,dir,link,dir/inner stat {} type,mode
      peer chmod file 0600
      peer truncate file 5
      peer rename dir/inner dir/outer
      peer unlink link
      peer mkdir new
      each file,dir,link,dir/inner,dir/outer,new stat {} type,mode
      cat file
      peer open file O_WRONLY,O_APPEND -> h
      peer write h more
      stat file size
      list .
      list dir

      """)
}
