"""Files of strangers, broken or made to harm, through the command and the service."""
