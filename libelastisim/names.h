/* Names of the simulator's modules that are part of the library, too. */
#ifndef LIBELASTISIM_NAMES_H
#define LIBELASTISIM_NAMES_H

#define decision_append_node elastisim_decision_append_node
#define decision_append_nodes elastisim_decision_append_nodes
#define decision_set_argument elastisim_decision_set_argument
#define decision_set_order elastisim_decision_set_order
#define decision_preempts elastisim_decision_preempts
#define decision_set_nodes elastisim_decision_set_nodes
#define decisions_about elastisim_decisions_about
#define decisions_clear elastisim_decisions_clear
#define decisions_command elastisim_decisions_command
#define decisions_find elastisim_decisions_find
#define decisions_release elastisim_decisions_release

#endif
