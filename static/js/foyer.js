// All that pages do beyond their links and forms; each works without it. One behaviour a file.
import "./times.js";
import "./folds.js";
import "./forms.js";
import "./count.js";
import "./play.js";
