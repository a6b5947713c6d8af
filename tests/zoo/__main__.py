from zoo.render import main

main()
