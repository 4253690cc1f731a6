-- What is to be expanded next is found at once, however many messages are being sent meanwhile.
CREATE INDEX tell_message_next ON tell_message (class DESC, start_us, id) WHERE state = 1;
CREATE INDEX tell_message_cancelled ON tell_message (class DESC, start_us, id) WHERE state = 4;
